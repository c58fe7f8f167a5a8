"""FunctionApp: a web app as a function, on Lambda, and the events that call it."""
