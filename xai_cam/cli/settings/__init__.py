"""Settings: options that the command line leaves out, from xai-cam.toml and XAI_CAM_... variables."""
