#!/usr/bin/env bash
# openpyxl 3.1.5: valid workbooks lose dates, rows, or everything, without a word; calamine reads them.
#
# Dates: Chinese Excel writes its own built-in number formats (27 to 36 and 50 to 58, ECMA-376 part 1, 18.8.30, zh-cn and
# zh-tw: 31 is 2026年11月28日) without spelling them in the file. Expected: a date, as with format 14. Instead openpyxl gives
# the number 46354.
# Rows: <dimension ref="A1:A2"/> above five rows (writers that stream put down a guess). Expected: five rows. Instead
# read_only mode stops after two.
# Strict: "Strict Open XML Spreadsheet" is a choice of Excel's own Save As. Expected: the sheet, or an error. Instead
# load_workbook succeeds, and the workbook has no sheets.
#
# Jianmen reads lists with python-calamine (registry/lists/files/workbook.py).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
command -v "$PYTHON" >/dev/null || cannot "there is no $PYTHON (PYTHON=…)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$PYTHON" -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install openpyxl==3.1.5 et-xmlfile==2.0.0 python-calamine==0.9.1 ||
    cannot "no package index"

cat >try.py <<'PY'
import warnings
import zipfile
from importlib.metadata import version

import openpyxl
import python_calamine

warnings.simplefilter("ignore")
OPEN = "http://schemas.openxmlformats.org"
MAIN, DOCUMENT = f"{OPEN}/spreadsheetml/2006/main", f"{OPEN}/officeDocument/2006/relationships"
STRICT = ("http://purl.oclc.org/ooxml/spreadsheetml/main", "http://purl.oclc.org/ooxml/officeDocument/relationships")
ROWS = "".join(f'<row r="{n}"><c r="A{n}" s="1"><v>{46353 + n}</v></c></row>' for n in range(1, 6))


def book(number_format=14, above="", main=MAIN, document=DOCUMENT):
    """A workbook whose cells A1 to A5 are the days from 28 November 2026 on."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{OPEN}/package/2006/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/xl/{name}.xml" ContentType="{kind}.{what}+xml"/>'
            for name, what in (("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"), ("styles", "styles"))
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{OPEN}/package/2006/relationships"><Relationship Id="rId1"'
        f' Type="{document}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{document}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{OPEN}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{document}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{document}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><fonts count="1"><font><sz val="11"/></font></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'<xf numFmtId="{number_format}" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{above}<sheetData>{ROWS}</sheetData></worksheet>',
    }
    with zipfile.ZipFile("book.xlsx", "w") as file:
        for name, text in parts.items():
            file.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)


def calamine():
    return python_calamine.load_workbook("book.xlsx").get_sheet_by_index(0).to_python()


seen = []
for number_format in (14, 31, 57):
    book(number_format)
    seen.append((f"format {number_format}", openpyxl.load_workbook("book.xlsx").active["A1"].value, calamine()[0][0]))
book(above='<dimension ref="A1:A2"/>')
rows = list(openpyxl.load_workbook("book.xlsx", read_only=True).active.iter_rows())
seen.append(("rows under a wrong dimension, read_only", len(rows), len(calamine())))
book(main=STRICT[0], document=STRICT[1])
seen.append(("sheets of a strict workbook", len(openpyxl.load_workbook("book.xlsx").sheetnames), len(calamine()) and 1))
print(f"openpyxl {openpyxl.__version__}, python-calamine {version('python-calamine')}")
for what, ours, theirs in seen:
    print(f"{what}: openpyxl {ours}, calamine {theirs}")
PY
venv/bin/python try.py | tee seen.txt
diff seen.txt - <<'SEEN' || { echo "It behaves differently now." >&2; exit 1; }
openpyxl 3.1.5, python-calamine 0.9.1
format 14: openpyxl 2026-11-28 00:00:00, calamine 2026-11-28
format 31: openpyxl 46354, calamine 2026-11-28
format 57: openpyxl 46354, calamine 2026-11-28
rows under a wrong dimension, read_only: openpyxl 2, calamine 5
sheets of a strict workbook: openpyxl 0, calamine 1
SEEN
echo "As described."
