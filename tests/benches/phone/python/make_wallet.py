"""Makes a wallet with one credential against a nation in a box, and keeps what the benches in each language open it with.

    make_wallet.py FOLDER      leaves FOLDER/wallet and FOLDER/state.json
"""
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "bindings/python/tests"))
from nation import Chip, Keys, Nation, Secret, now, run  # noqa: E402

folder = pathlib.Path(sys.argv[1])
nation, chip = Nation(), Chip()
try:
    keys, secret = Keys(), Secret()
    wallet = nation.wallet("kept", keys, secret)
    nation.at_level_2(wallet, chip)
    run(wallet.obtain_credential("health-insurance", None, None, now()))
    # What another phone would scan to read the card for this one: a reading that needs no provider.
    made_at = now()
    request = run(run(wallet.begin_step_up(made_at)).borrow_reader(made_at)).text()
    del wallet
    shutil.copytree(nation.folder / "kept", folder / "wallet")
    points = {name: key.public_key().hex() for name, key in keys.keys.items()}
    state = {"secret": secret.secret.hex(), "keys": points, "request": request, "made_at": made_at}
    (folder / "state.json").write_text(json.dumps(state))
finally:
    chip.close()
    nation.close()
