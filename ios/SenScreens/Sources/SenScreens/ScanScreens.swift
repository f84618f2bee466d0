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
                    Viewfinder(seen: scan.read)
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

/// The camera's picture, or why there is none and where that can be changed.
struct Viewfinder: View {
    let seen: @MainActor (String) -> Void
    @State private var isRefused = false
    @Environment(\.openURL) private var openURL

    var body: some View {
        if isRefused {
            Sentence(Line(.scanNoCamera))
            Press(.settings) { if let url = URL(string: UIApplication.openSettingsURLString) { openURL(url) } }
        } else {
            CameraView(seen: seen, refused: { isRefused = true })
                .aspectRatio(3 / 4, contentMode: .fit)
                .accessibilityLabel(said(.scanPicture))
        }
    }
}

/// What the camera sees; the system itself finds the codes in it.
struct CameraView: UIViewRepresentable {
    let seen: @MainActor (String) -> Void
    let refused: @MainActor () -> Void

    func makeUIView(context: Context) -> Preview {
        let view = Preview()
        context.coordinator.begin(view)
        return view
    }

    func updateUIView(_ view: Preview, context: Context) {}

    static func dismantleUIView(_ view: Preview, coordinator: Looker) { coordinator.end() }

    func makeCoordinator() -> Looker { Looker(seen, refused) }

    /// A view whose layer shows the camera.
    final class Preview: UIView {
        override class var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }
    }

    /// The camera runs on a queue of its own; what it finds comes on the main one.
    final class Looker: NSObject, AVCaptureMetadataOutputObjectsDelegate, @unchecked Sendable {
        private let session = AVCaptureSession()
        private let queue = DispatchQueue(label: "vn.sen.camera")
        private let seen: @MainActor (String) -> Void
        private let refused: @MainActor () -> Void

        init(_ seen: @escaping @MainActor (String) -> Void, _ refused: @escaping @MainActor () -> Void) {
            (self.seen, self.refused) = (seen, refused)
        }

        @MainActor func begin(_ view: Preview) {
            if let layer = view.layer as? AVCaptureVideoPreviewLayer {
                layer.session = session
                layer.videoGravity = .resizeAspectFill
            }
            // The system asks the person at the first time; without their word the picture would stay black.
            AVCaptureDevice.requestAccess(for: .video) { [self] granted in
                queue.async { [self] in if !granted || !run() { Task { @MainActor in refused() } } }
            }
        }

        /// Whether there is a camera and it runs.
        private func run() -> Bool {
            guard let camera = AVCaptureDevice.default(for: .video), let input = try? AVCaptureDeviceInput(device: camera) else {
                return false
            }
            let output = AVCaptureMetadataOutput()
            guard session.canAddInput(input), session.canAddOutput(output) else { return false }
            session.addInput(input)
            session.addOutput(output)
            output.setMetadataObjectsDelegate(self, queue: .main)
            output.metadataObjectTypes = [.qr]
            session.startRunning()
            return true
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
