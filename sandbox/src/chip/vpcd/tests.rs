//! The virtual reader's side of the socket, spoken by the test.
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::super::FaultPlan;
use super::*;

fn chip() -> Chip {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/emrtd/vn_cccd/b_bp384_named_2024");
    Chip::from_folder(&PathBuf::from(folder)).unwrap()
}

/// A reader, the card's thread, and the signal that ends it.
fn serve_to_reader(chip: Chip) -> (TcpListener, thread::JoinHandle<Chip>, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stop = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stop);
    let card = thread::spawn(move || {
        let mut chip = chip;
        serve_chip(&mut chip, &address, &signal).unwrap();
        chip
    });
    (listener, card, stop)
}

fn send_to_card(stream: &mut TcpStream, message: &[u8]) {
    stream.write_all(&u16::try_from(message.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(message).unwrap();
}

fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut message).unwrap();
    message
}

#[test]
fn answers_the_reset_and_commands_and_stops_on_request() {
    let (listener, card, stop) = serve_to_reader(chip());
    let (mut reader, _) = listener.accept().unwrap();
    send_to_card(&mut reader, &[ON]);
    send_to_card(&mut reader, &[ATR_WANTED]);
    assert_eq!(receive(&mut reader), ANSWER_TO_RESET);
    send_to_card(&mut reader, &[0x00, 0xa4, 0x02, 0x0c, 0x02, 0x01, 0x1c]);
    assert_eq!(receive(&mut reader), [0x90, 0x00]);
    send_to_card(&mut reader, &[0x00, 0xb0, 0x00, 0x00, 0x02]);
    assert_eq!(receive(&mut reader), [0x31, 0x34, 0x90, 0x00]);
    // A reset forgets the selected file.
    send_to_card(&mut reader, &[RESET]);
    send_to_card(&mut reader, &[0x00, 0xb0, 0x00, 0x00, 0x02]);
    assert_eq!(receive(&mut reader), [0x69, 0x86]);
    let asked = Instant::now();
    stop.store(true, Ordering::Relaxed);
    assert_eq!(card.join().unwrap().commands(), 3);
    assert!(asked.elapsed() < Duration::from_secs(2));
}

#[test]
fn leaves_the_reader_when_the_tag_is_lost_and_comes_back() {
    let (listener, card, stop) = serve_to_reader(chip().with_faults(FaultPlan::lose_tag_at(1)));
    let (mut reader, _) = listener.accept().unwrap();
    send_to_card(&mut reader, &[0x00, 0xa4, 0x02, 0x0c, 0x02, 0x01, 0x1c]);
    assert_eq!(reader.read(&mut [0; 2]).unwrap(), 0);
    let (mut reader, _) = listener.accept().unwrap();
    send_to_card(&mut reader, &[0x00, 0xa4, 0x02, 0x0c, 0x02, 0x01, 0x1c]);
    assert_eq!(receive(&mut reader), [0x90, 0x00]);
    stop.store(true, Ordering::Relaxed);
    card.join().unwrap();
}

#[test]
fn serves_the_card_that_is_put_into_the_folder_from_the_next_reset_on() {
    let folder = std::env::temp_dir().join(format!("sen-vpcd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let put = |content: &[u8]| std::fs::write(folder.join("EF_CardAccess.bin"), content).unwrap();
    put(&[0x31, 0x00]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let card = scope.spawn(|| serve(&folder, &address, &stop));
        let (mut reader, _) = listener.accept().unwrap();
        let mut read = |messages: &[&[u8]]| {
            for message in messages {
                send_to_card(&mut reader, message);
            }
            receive(&mut reader)
        };
        let binary: &[u8] = &[0x00, 0xb0, 0x9c, 0x00, 0x00];
        assert_eq!(read(&[&[ON], binary]), [0x31, 0x00, 0x90, 0x00]);
        put(&[0x31, 0x02, 0x05, 0x00]);
        assert_eq!(read(&[binary]), [0x31, 0x00, 0x90, 0x00]);
        assert_eq!(read(&[&[RESET], binary]), [0x31, 0x02, 0x05, 0x00, 0x90, 0x00]);
        std::fs::remove_dir_all(&folder).unwrap();
        stop.store(true, Ordering::Relaxed);
        card.join().unwrap().unwrap();
    });
}
