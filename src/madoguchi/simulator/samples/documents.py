"""A one-page PDF, written by hand."""

LINES = (
    ("F2", 22, 72, 760, "Minato Coffee"),
    ("F1", 12, 72, 732, "Order form for beans and gift sets"),
    ("F1", 12, 72, 690, "1 x  House blend, 200 g"),
    ("F1", 12, 72, 670, "2 x  Ethiopia Yirgacheffe, 100 g"),
    ("F1", 12, 72, 650, "1 x  Gift box, small"),
    ("F1", 10, 72, 600, "Please confirm by message. Thank you."),
)


def order_form() -> bytes:
    text = "\n".join(f"BT /{font} {size} Tf {x} {y} Td ({words}) Tj ET" for font, size, x, y, words in LINES)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
        ),
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>",
    ]
    return _assemble(objects)


def _assemble(objects: list[str]) -> bytes:
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return out
