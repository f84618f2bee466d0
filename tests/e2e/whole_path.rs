//! Start here: everything that Sen does, one call a row. A citizen's chip card becomes an account at level 2 and two
//! credentials; a QR is shown; a clinic accepts it offline. Every part is the real one: TLS, APDUs, signatures.
use card::{AccessKey, Can, Unwatched};
use clinic::answer::Verdict;
use clinic::check::{Folders, check_files};
use holder::{Applicant, CardAtHand, CredentialName, FaceCapture, Level, Recognised, Silent, Wanted};
use sandbox::chip::ChipTransport;

use crate::doubles::{self, CAN, NUMBER, PHONE, now};

#[tokio::test(flavor = "multi_thread")]
async fn from_the_chip_card_to_the_clinic() {
    let folder = doubles::Folder::new();
    let card = doubles::make_card();
    let sandbox = doubles::start_sandbox(folder.path(), &card);
    let wallet = doubles::open_wallet(folder.path());
    let account = wallet.account();

    let who = Applicant { personal_number: NUMBER.into(), phone: PHONE.into(), device_name: "phone".into() };
    account.open(&doubles::provider(&sandbox), &who, now()).await.unwrap();
    let code = doubles::code_from_mailbox(&sandbox, PHONE).await;
    assert_eq!(account.activate(&code, now()).await.unwrap(), Level::One);

    let mut chip = ChipTransport::new(card.chip().unwrap());
    let access = AccessKey::Can(Can::parse(CAN).unwrap());
    let at_hand = CardAtHand { transport: &mut chip, access: &access, progress: &Unwatched };
    let level = account.step_up(at_hand, FaceCapture(b"a picture"), &Silent, now()).await.unwrap();
    assert_eq!(level, Level::Two);

    let citizen = Wanted::Named(CredentialName::Citizen, None);
    account.obtain_credential(citizen, None, &Silent, now()).await.unwrap();
    let insurance = Wanted::Named(CredentialName::HealthInsurance, None);
    account.obtain_credential(insurance, None, &Silent, now()).await.unwrap();
    assert_eq!(wallet.credentials().unwrap().len(), 2);

    let request = wallet.ask_consent(CredentialName::HealthInsurance, None, None, now()).unwrap();
    let consent = request.grant(Recognised::ByDevice, now()).unwrap();
    let qr = wallet.present_qr(&consent, now()).unwrap();
    let (trust, status) = (sandbox.trust_folder(), sandbox.status_folder());
    sandbox.stop();
    let desk = Folders {
        trust: &trust,
        status: Some(&status),
        seen: Some(&folder.path().join("seen.db")),
        desk: "",
    };
    let answer = check_files(qr.text.as_bytes(), &desk, now()).unwrap();
    assert_eq!((answer.verdict, answer.reasons), (Verdict::Accepted, vec![]));
    assert_eq!(answer.claims.unwrap().personal_number.unwrap(), NUMBER);
}
