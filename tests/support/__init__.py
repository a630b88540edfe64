"""What tests share: small models, the command line as tests call it, pages, pictures."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
