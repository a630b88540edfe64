"""`python -m xai_cam` is `xai-cam`."""

from xai_cam.cli import main

if __name__ == "__main__":
    main(prog_name="xai-cam")
