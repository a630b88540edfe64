"""A table of rows that are all there already: written row by row, and named when it is whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError
from xai_cam.files.coco import SUFFIX as COCO
from xai_cam.files.locks import held
from xai_cam.files.provenance import check_replaceable
from xai_cam.files.results import check_results, is_table_of, open_results
from xai_cam.files.staging import Staging
from xai_cam.files.stores.paths import as_path
from xai_cam.files.text_tables import DELIMITERS, TextWriter
from xai_cam.files.writing import cannot_write, check_not_input, check_writable


def check_table(
    target: str, columns: Sequence[str], typed: bool, sources: Sequence[Path], overwrite: bool = False
) -> None:
    """Refuse a table that cannot be written, or would take the place of what this tool did not write.

    `typed` tells whether the rows tell numbers from text.

    Raises
    ------
    InputError, XaiCamError
    """
    check_results(target, boxes="boxes" in columns, overwrite=overwrite)
    if target == "-":
        return
    path = as_path(target)
    check_not_input(path, sources)
    suffix = path.suffix.lower()
    if not typed and suffix not in (*DELIMITERS, COCO):
        raise InputError(
            f"`results={target!r}` tells numbers from text, which .csv and .tsv do not. Name a .csv or .tsv, "
            f"or write the rows of all shards as {suffix}."
        )
    if suffix != COCO and not overwrite:

        def fits(found: Path) -> bool:
            return not found.exists() or is_table_of(found, columns)

        check_replaceable(path, fits, "`results`", by="a merge of such tables")
    check_writable(path.parent, "`results`")


def write_table(
    target: str,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    safe_csv: bool = True,
    overwrite: bool = False,
) -> None:
    """Write rows to a file, whole or not at all, or as CSV to standard output (`-`).

    Raises
    ------
    InputError, OutputError
    """
    path = as_path(target)
    if target == "-" or path.suffix.lower() not in (*DELIMITERS, ".jsonl", ".ndjson"):
        with open_results(target, columns, safe_csv=safe_csv, overwrite=overwrite) as writer:
            for row in rows:
                if writer is not None:
                    writer.write(row)
        return
    try:
        with held(path, "`results`"), Staging(path.parent) as staging:
            part = staging.new(path.suffix.lower())
            text = TextWriter(part, columns, safe=safe_csv)
            try:
                text.begin()
                for row in rows:
                    text.write(row)
            finally:
                text.close()
            staging.name({part: path})
    except OSError as error:
        raise cannot_write(path, error, "`results`") from error
