"""Which processor a compiled file is for, by the first bytes of it."""

HEAD = 20
"""How many bytes are enough to tell."""

_PROCESSORS = {62: "x86_64", 183: "arm64"}


def processor_of(head: bytes) -> str | None:
    """Name the processor of compiled code for Linux (ELF); None where it is none such.

    https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
    """
    if head[:4] != b"\x7fELF" or len(head) < HEAD:
        return None
    return _PROCESSORS.get(int.from_bytes(head[18:20], "little"), "another processor")
