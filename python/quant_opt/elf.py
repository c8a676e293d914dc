"""Reads the names that a 64-bit little-endian ELF shared library exports."""
import struct


def exported_symbols(path):
    """The names in the dynamic symbol table of the library at `path`; ValueError if it is not such a library."""
    with open(path, "rb") as file:
        image = file.read()
    if image[:6] != b"\x7fELF\x02\x01" or len(image) < 64:
        raise ValueError("%s is not a 64-bit little-endian ELF file" % path)
    table, entry_size, entries = struct.unpack_from("<Q", image, 40)[0], *struct.unpack_from("<HH", image, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, table + i * entry_size) for i in range(entries)]
    names = set()
    for _, kind, _, _, offset, size, link, _, _, symbol_size in sections:
        if kind != 11:  # SHT_DYNSYM
            continue
        strings = sections[link][4]
        for at in range(offset, offset + size, symbol_size):
            name_at, _, _, section = struct.unpack_from("<IBBH", image, at)
            if section:  # defined here
                start = strings + name_at
                names.add(image[start:image.index(b"\0", start)].decode())
    return names
