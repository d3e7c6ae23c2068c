#!/usr/bin/env bash
# python-calamine 0.9.1: a cell whose formula has failed (#N/A of a VLOOKUP, #REF!) is read as an empty one.
#
# Expected: the error, as openpyxl gives it ("#N/A"), or anything that tells it from an empty cell. Instead to_python() and
# iter_rows() give "" for both, in XLSX, XLSB, XLS and ODS, and nothing else of the interface names them: calamine itself
# has a kind of cell for errors, which is lost on the way to Python. In a list where an empty cell means "all", a formula
# that found nothing opens everything.
#
# Jianmen looks for errors in the file itself (registry/lists/files/error_cells.py).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
command -v "$PYTHON" >/dev/null || cannot "there is no $PYTHON (PYTHON=…)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$PYTHON" -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install python-calamine==0.9.1 openpyxl==3.1.5 \
    et-xmlfile==2.0.0 XlsxWriter==3.2.0 || cannot "no package index"

cat >try.py <<'PY'
from importlib.metadata import version

import openpyxl
import python_calamine
import xlsxwriter

book = xlsxwriter.Workbook("book.xlsx")
sheet = book.add_worksheet()
sheet.write(0, 0, "found")
sheet.write_formula(0, 1, "=VLOOKUP(1,Z:Z,1,0)", None, "#N/A")
sheet.write(0, 3, "after an empty cell")
book.close()
print(f"python-calamine {version('python-calamine')}, openpyxl {openpyxl.__version__}")
print("calamine", python_calamine.load_workbook("book.xlsx").get_sheet_by_index(0).to_python()[0])
print("openpyxl", [cell.value for cell in openpyxl.load_workbook("book.xlsx", data_only=True).active[1]])
PY
venv/bin/python try.py | tee seen.txt
diff seen.txt - <<'SEEN' || { echo "It behaves differently now." >&2; exit 1; }
python-calamine 0.9.1, openpyxl 3.1.5
calamine ['found', '', '', 'after an empty cell']
openpyxl ['found', '#N/A', None, 'after an empty cell']
SEEN
echo "As described."
