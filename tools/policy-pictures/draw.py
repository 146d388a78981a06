"""Pictures of the augmentation policies for their pages, by `lejepa preview` on images that may be committed: packages/augment/policies/NAME.jpg.

    npm run build && python3 tools/policy-pictures/draw.py

Photographs are the demo's public-domain ones; every other domain is a phantom (phantoms.py). Needs numpy, Pillow and pydicom, beside node.
"""

import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

root = Path(__file__).resolve().parents[2]
out = root / "packages/augment/policies"
most = 120_000

# policy: folder of images, settings
pictures = {
    "natural": ("scenes", []),
    "food": ("dishes", []),
    "galaxy": ("galaxy", []),
    "satellite-optical": ("fields", []),
    "medical": ("ct", []),
    "ct": ("ct", ["dataset.options.window=none"]),
    "mr": ("mr", []),
    "xray": ("xray", []),
    "satellite-sar": ("radar", []),
    "microscopy": ("section", []),
    "generic-multichannel": ("fields", []),
}
chosen = {"scenes": ["alps", "canyon", "galaxies", "harbour", "pasture", "retina"]}


def jpeg(png):
    image = Image.open(png).convert("RGB")
    for quality in range(88, 20, -6):
        data = BytesIO()
        image.save(data, "JPEG", quality=quality, optimize=True)
        if data.tell() <= most:
            return data.getvalue()
    raise SystemExit(f"{png} stays above {most} bytes")


def main():
    out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        subprocess.run([sys.executable, root / "tools/policy-pictures/phantoms.py", work], check=True)
        for folder, names in chosen.items():
            (work / folder).mkdir()
            for scene in names:
                (work / folder / f"{scene}.jpg").write_bytes((root / f"tools/demo/scenes/{scene}.jpg").read_bytes())
        for policy, (folder, settings) in pictures.items():
            said = [f"augment.policy={policy}", "data.splits.validation=0", "encoder.name=vit_nano", *settings]
            flags = [word for setting in said for word in ("--set", setting)]
            png, page = work / f"{policy}.png", work / f"{policy}.html"
            command = ["node", root / "packages/cli/bin/lejepa.js", "preview", "--data", work / folder, "--items", "3", "--quiet"]
            subprocess.run([*command, "--png", png, "--html", page, *flags], cwd=work, stdout=subprocess.DEVNULL, check=True)
            (out / f"{policy}.jpg").write_bytes(jpeg(png))


main()
