@preconcurrency import AVFoundation
import Sen
import SenApp
import SwiftUI
import UIKit

/// One scanner for everything: it goes to the screen of what it read.
struct ScanView: View {
    private let house: House
    @State private var scan: ScanPresenter

    init(_ house: House) {
        self.house = house
        _scan = State(initialValue: ScanPresenter(house.around))
    }

    var body: some View {
        Following(scan) { shown in
            switch shown {
            case .looking(let line):
                Page(.scan) {
                    Sentence(line ?? Line(.scanHint))
                    CameraView(seen: scan.read)
                        .aspectRatio(3 / 4, contentMode: .fit)
                        .accessibilityLabel(said(.scanPicture))
                }
            case .found(let what): found(what)
            }
        }
    }

    @ViewBuilder private func found(_ what: Scanned) -> some View {
        switch what {
        case .deskQuestion(let text): QrView(house, ward: nil, challenge: text)
        case .newPhone(let text): HandOverView(house, text)
        case .request(let link): OnlineView(house, link)
        case .offer(let link): OfferView(house, link)
        case .readingRequest(let text): LendView(house, text)
        // The presenter does not find these.
        case .citizenCard, .forClinic, .other:
            Page(.scan) {
                Sentence(Line(.scanOther))
                Press(.again) { scan.again() }
            }
        }
    }
}

/// What the camera sees; the system itself finds the codes in it.
struct CameraView: UIViewRepresentable {
    let seen: @MainActor (String) -> Void

    func makeUIView(context: Context) -> Preview {
        let view = Preview()
        context.coordinator.begin(view)
        return view
    }

    func updateUIView(_ view: Preview, context: Context) {}

    static func dismantleUIView(_ view: Preview, coordinator: Looker) { coordinator.end() }

    func makeCoordinator() -> Looker { Looker(seen) }

    /// A view whose layer shows the camera.
    final class Preview: UIView {
        override class var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }
    }

    /// The camera runs on a queue of its own; what it finds comes on the main one.
    final class Looker: NSObject, AVCaptureMetadataOutputObjectsDelegate, @unchecked Sendable {
        private let session = AVCaptureSession()
        private let queue = DispatchQueue(label: "vn.sen.camera")
        private let seen: @MainActor (String) -> Void

        init(_ seen: @escaping @MainActor (String) -> Void) { self.seen = seen }

        @MainActor func begin(_ view: Preview) {
            if let layer = view.layer as? AVCaptureVideoPreviewLayer {
                layer.session = session
                layer.videoGravity = .resizeAspectFill
            }
            queue.async { [self] in
                guard let camera = AVCaptureDevice.default(for: .video), let input = try? AVCaptureDeviceInput(device: camera) else {
                    return
                }
                let output = AVCaptureMetadataOutput()
                guard session.canAddInput(input), session.canAddOutput(output) else { return }
                session.addInput(input)
                session.addOutput(output)
                output.setMetadataObjectsDelegate(self, queue: .main)
                output.metadataObjectTypes = [.qr]
                session.startRunning()
            }
        }

        func end() { queue.async { [session] in session.stopRunning() } }

        func metadataOutput(
            _ output: AVCaptureMetadataOutput, didOutput objects: [AVMetadataObject], from connection: AVCaptureConnection
        ) {
            let texts = objects.compactMap { ($0 as? AVMetadataMachineReadableCodeObject)?.stringValue }
            MainActor.assumeIsolated { for text in texts { seen(text) } }
        }
    }
}
