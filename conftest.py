"""For every test of the tree: what a server keeps goes into a folder of this run, never into the user's own."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="odai-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["ODAI_DATA_DIR"] = _folder
