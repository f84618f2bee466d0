//! How surely a code is read: pictures as hand-held scanners see them, read by two independent readers. The pictures are
//! made by `scanning/degrade.py`, which also reads them with zxing-cpp; this reads the same ones with the desk's own reader.
//!
//! Needs Python 3 with venv; numpy, Pillow and zxing-cpp are installed into `target/scanning` on the first run.
//! `--trials 200` sets how many pictures of each kind (default 100).
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use presentation::qr::{self, Level, QUIET_ZONE};
use sen_benches::{begin, count, rate};
use serde_json::Value;

const WIDTHS: &str = "360,540,800";
/// The versions of our codes, and the largest that may be.
const VERSIONS: [u8; 5] = [13, 15, 16, 17, 25];

fn main() {
    begin(
        "scanning",
        "How surely a code is read from pictures as scanners see them, by two readers; --trials 200 of each kind, else 100.",
        &["scan.rxing", "scan.zxing-cpp", "scan.rxing.clean-1000"],
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = target(root).join("scanning");
    let python = python(&work);
    let mut words = std::env::args().skip_while(|word| word != "--trials").skip(1);
    let trials = words.next().unwrap_or_else(|| "100".to_owned());
    let (codes, pictures) = (work.join("codes"), work.join("pictures"));
    std::fs::remove_dir_all(&pictures).ok();
    std::fs::create_dir_all(&codes).unwrap();
    for version in VERSIONS {
        write(&codes, version);
    }
    let peer = Command::new(&python)
        .arg(root.join("scanning/degrade.py"))
        .args([codes.as_os_str(), pictures.as_os_str()])
        .args([WIDTHS, &trials])
        .output()
        .unwrap();
    assert!(peer.status.success(), "{}", String::from_utf8_lossy(&peer.stderr));
    for line in String::from_utf8(peer.stdout).unwrap().lines() {
        let peer: Value = serde_json::from_str(line).unwrap();
        compare(&pictures, &peer);
    }
    clean(&python, &codes);
}

/// The read rate of both readers in tenths of a percent, and what wrong text they gave.
fn compare(pictures: &Path, peer: &Value) {
    let number = |name: &str| usize::try_from(peer.get(name).unwrap().as_u64().unwrap()).unwrap();
    let condition = peer.get("condition").unwrap().as_str().unwrap();
    let kind = format!("{condition}-v{}-{}", number("version"), number("width"));
    let text = std::fs::read_to_string(pictures.join(&kind).join("text")).unwrap();
    let mut said = BTreeMap::new();
    for trial in 0..number("trials") {
        let picture = std::fs::read(pictures.join(&kind).join(format!("{trial}.jpg"))).unwrap();
        let answer = match clinic::picture::read(&picture) {
            Ok(read) if read == text => "right",
            Ok(_) => "wrong",
            Err(_) => "nothing",
        };
        *said.entry(answer).or_insert(0_usize) += 1;
    }
    let permille = |read: usize| 1000 * read / number("trials");
    let ours = said.get("right").copied().unwrap_or(0);
    count(&format!("scan.rxing.{kind}"), permille(ours), "permille", Some(1000));
    count(&format!("scan.zxing-cpp.{kind}"), permille(number("read")), "permille", Some(1000));
    let misread = said.get("wrong").copied().unwrap_or(0) + number("misread");
    assert_eq!(misread, 0, "{kind}: a reader gave a wrong text");
}

/// A clean picture of 1000 pixels, ours against zxing-cpp looking for QR codes alone.
fn clean(python: &Path, codes: &Path) {
    let script = "
import sys, time, numpy, zxingcpp
from PIL import Image
pixels = numpy.asarray(Image.open(sys.argv[1]).convert('L'))
for _ in range(60):
    began = time.perf_counter()
    found = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode,
        try_rotate=False, try_downscale=False, try_invert=False)
    print(time.perf_counter() - began)
    assert len(found) == 1
";
    let file = codes.join("v15.png");
    let peer = Command::new(python).args(["-c", script]).arg(&file).output().unwrap();
    assert!(peer.status.success(), "{}", String::from_utf8_lossy(&peer.stderr));
    let peer = String::from_utf8(peer.stdout).unwrap();
    let floors = peer.lines().map(|seconds| Duration::from_secs_f64(seconds.parse().unwrap())).collect();
    let grey = image::open(&file).unwrap().into_luma8();
    let mut taken = Vec::new();
    for _ in 0..60 {
        let grey = grey.clone();
        let began = Instant::now();
        clinic::picture::read_grey(grey).unwrap();
        taken.push(began.elapsed());
    }
    rate("scan.rxing.clean-1000", 1, taken, floors);
}

/// A code of this version, as full as level L or M allows, about 1000 pixels wide.
fn write(folder: &Path, version: u8) {
    let level = if version > qr::LARGEST_VERSION_AT_MEDIUM { Level::Low } else { Level::Medium };
    let digits = |length: usize| "7360".bytes().chain((b'0'..=b'9').cycle()).take(length).map(char::from);
    let fits = |length: usize| {
        let code = qr::encode_at(&digits(length).collect::<String>(), level, qr::LARGEST_VERSION);
        code.ok().filter(|code| code.version() <= version)
    };
    let length = (1..4000).take_while(|length| fits(*length).is_some()).last().unwrap();
    let code = fits(length).unwrap();
    assert_eq!(code.version(), version);
    let module = 1000 / (code.size() + 2 * QUIET_ZONE);
    std::fs::write(folder.join(format!("v{version}.png")), clinic::picture::png_at(&code, module).unwrap())
        .unwrap();
    std::fs::write(folder.join(format!("v{version}.txt")), digits(length).collect::<String>()).unwrap();
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("../../target"), PathBuf::from)
}

fn python(work: &Path) -> PathBuf {
    let python = work.join("venv/bin/python");
    if !python.exists() {
        std::fs::create_dir_all(work).unwrap();
        let run = |command: &mut Command| assert!(command.status().unwrap().success());
        run(Command::new("python3").args(["-m", "venv"]).arg(work.join("venv")));
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["numpy", "Pillow", "zxing-cpp"]));
    }
    python
}
