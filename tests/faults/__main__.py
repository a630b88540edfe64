"""`python -m faults`: the campaign, and the table of what was lost."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from faults.campaign import Campaign
from faults.forked import import_tensorflow


def main() -> None:
    """Run the campaign, and exit with 1 if anything was lost."""
    parser = argparse.ArgumentParser(description="Kill, starve and crowd commands, and count what is lost.")
    parser.add_argument("--share", type=float, default=1, help="part of the faults to try (default: all)")
    parser.add_argument("--only", action="append", default=[], help="names of scenarios; default: all")
    parser.add_argument("--json", type=Path, help="file for the figures")
    chosen = parser.parse_args()
    import_tensorflow()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="xai-cam-faults-") as folder:
        campaign = Campaign(
            Path(folder), chosen.share, chosen.only, say=lambda line: print(line, file=sys.stderr, flush=True)
        )
        tallies = campaign.run()
    figures = {
        kind: {"runs": t.runs, "faults": t.faults, "losses": len(t.losses)} for kind, t in tallies.items()
    }
    total = {key: sum(row[key] for row in figures.values()) for key in ("runs", "faults", "losses")}
    print(f"{'':<22}{'runs':>8}{'faults':>8}{'losses':>8}")
    for kind, row in (*figures.items(), ("all", total)):
        print(f"{kind:<22}{row['runs']:>8,}{row['faults']:>8,}{row['losses']:>8,}")
    print(f"{time.monotonic() - started:.0f} s")
    if chosen.json:
        chosen.json.write_text(json.dumps({**figures, "all": total}, indent=2), encoding="utf-8")
    sys.exit(bool(total["losses"]))


if __name__ == "__main__":
    main()
