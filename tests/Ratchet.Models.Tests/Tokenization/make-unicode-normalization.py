"""Writes UnicodeNormalization.txt, the table behind UnicodeNormalization.cs, from Python's copy of the Unicode Character Database.

    python3 make-unicode-normalization.py > src/Ratchet.Models/Tokenization/Normalizers/UnicodeNormalization.txt

Lines, numbers in hexadecimal: "c CLASS FIRST-LAST ..." combining classes, "d CODE PARTS" canonical decompositions, "k CODE PARTS"
compatibility decompositions, "x CODE ..." characters that composition never makes. Hangul syllables follow a formula and are left out.
"""
import sys
import unicodedata as u

classes, canonical, compatibility, excluded = {}, [], [], []
for code in range(sys.maxunicode + 1):
    character = chr(code)
    if u.combining(character):
        classes.setdefault(u.combining(character), []).append(code)
    parts = u.decomposition(character).split()
    if not parts:
        continue
    if parts[0].startswith("<"):
        compatibility.append((code, parts[1:]))
        continue
    canonical.append((code, parts))
    if u.normalize("NFC", character) != character:
        excluded.append(code)

for value, codes in sorted(classes.items()):
    ranges = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    print("c %X " % value + " ".join("%X-%X" % (a, b) if a < b else "%X" % a for a, b in ranges))
for mark, table in (("d", canonical), ("k", compatibility)):
    for code, parts in table:
        print(mark, "%X" % code, *("%X" % int(p, 16) for p in parts))
print("x", *("%X" % code for code in excluded))
