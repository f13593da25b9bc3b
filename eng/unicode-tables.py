#!/usr/bin/env python3
"""Writes the tables of Unicode normalization that the tokenizers read (the runtime's own are absent in invariant globalization).

Usage: eng/unicode-tables.py > src/Resultity.Onnx/Tokenizers/Normalizers/unicode-normalization.txt
Source: the Unicode Character Database through Python's unicodedata. Lines:
  d CP CP...   full canonical decomposition          k CP CP...   full compatibility decomposition where it differs
  p CP CP CP   primary composite: first + second -> composed     c CLASS CP...   canonical combining class
Hangul syllables are left out: they follow an algorithm.
"""
import sys
import unicodedata as u
from collections import defaultdict

print("# Unicode Character Database", u.unidata_version, "(Unicode License v3, https://www.unicode.org/license.txt); made by eng/unicode-tables.py")
classes = defaultdict(list)
hx = lambda s: " ".join(format(ord(c), "X") for c in s)
for cp in range(sys.maxunicode + 1):
    if 0xAC00 <= cp <= 0xD7A3 or 0xD800 <= cp <= 0xDFFF:
        continue
    c = chr(cp)
    d, k = u.normalize("NFD", c), u.normalize("NFKD", c)
    if d != c:
        print("d", hx(c), hx(d))
    if k != d:
        print("k", hx(c), hx(k))
    if u.combining(c):
        classes[u.combining(c)].append(c)
    one = u.decomposition(c)
    if one and not one.startswith("<") and len(one.split()) == 2 and u.normalize("NFC", c) == c:
        print("p", one, hx(c))
for k, v in sorted(classes.items()):
    print("c", k, hx(v))
