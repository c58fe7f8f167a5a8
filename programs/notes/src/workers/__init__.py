"""The workers beside the web app: Lambda handlers that work off what AWS hands over.

    inbox       messages of a queue become notes
    activity    changes of the notes' table are counted by day
    digest      a schedule publishes what was written in the last day

They know what events look like and nothing else: what is done with them stands in the modules of
the same names in `notes`, which know nothing of Lambda. Each reads its environment when it is
imported, and keeps its clients from call to call.
"""
