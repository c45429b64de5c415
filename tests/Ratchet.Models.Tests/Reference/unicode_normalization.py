"""Writes the tables of Unicode normalisation that Ratchet.Models embeds, from the character database in Python's module unicodedata.

    python3 tests/Ratchet.Models.Tests/Reference/unicode_normalization.py > src/Ratchet.Models/Tokenization/Normalizers/UnicodeNormalization.txt

The first line names the version of Unicode, which is that of the Python (3.11 has 14.0.0); a test makes the table again where the versions are the same.
Other lines, numbers in hexadecimal: "c CLASS FIRST-LAST ..." characters of a combining class that is not 0; "d CODE PARTS" canonical decomposition in one
step; "k CODE PARTS" compatibility decomposition in one step; "x CODE ..." canonical pairs that composition leaves alone. Hangul syllables are computed, not listed.
"""
import sys
import unicodedata

CODES = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]


def ranges(codes):
    start = last = None
    for code in codes:
        if last is not None and code == last + 1:
            last = code
            continue
        if start is not None:
            yield f"{start:X}" if start == last else f"{start:X}-{last:X}"
        start = last = code
    if start is not None:
        yield f"{start:X}" if start == last else f"{start:X}-{last:X}"


classes, canonical, compatibility, excluded = {}, [], [], []
for code in CODES:
    combining = unicodedata.combining(chr(code))
    if combining:
        classes.setdefault(combining, []).append(code)
    parts = unicodedata.decomposition(chr(code)).split()
    if not parts:
        continue
    if parts[0].startswith("<"):
        compatibility.append((code, parts[1:]))
        continue
    canonical.append((code, parts))
    if unicodedata.normalize("NFC", chr(code)) != chr(code):
        excluded.append(code)

print("#", "Unicode", unicodedata.unidata_version)
for value in sorted(classes):
    print("c", f"{value:X}", *ranges(classes[value]))
for kind, table in (("d", canonical), ("k", compatibility)):
    for code, parts in table:
        print(kind, f"{code:X}", *(f"{int(p, 16):X}" for p in parts))
print("x", *(f"{c:X}" for c in excluded))
