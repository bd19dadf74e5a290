"""Folders and addresses, as names alone."""

HF_HOME = "/absent/huggingface"
HF_HUB_CACHE = HUGGINGFACE_HUB_CACHE = HF_HOME + "/hub"
HF_MODULES_CACHE = HF_HOME + "/modules"
HF_ASSETS_CACHE = HF_HOME + "/assets"
HF_TOKEN_PATH = HF_HOME + "/token"
HF_HUB_OFFLINE = True
HF_HUB_DISABLE_TELEMETRY = True
HF_HUB_ENABLE_HF_TRANSFER = False
HF_HUB_DOWNLOAD_TIMEOUT = HF_HUB_ETAG_TIMEOUT = 10
ENDPOINT = "https://huggingface.invalid"
DEFAULT_REVISION = "main"
CONFIG_NAME = "config.json"
PYTORCH_WEIGHTS_NAME = "pytorch_model.bin"
SAFETENSORS_SINGLE_FILE = "model.safetensors"
SAFETENSORS_INDEX_FILE = "model.safetensors.index.json"
