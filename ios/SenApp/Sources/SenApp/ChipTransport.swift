import Foundation
import Sen

/// What a platform's class for a chip in the field is to the port.
public protocol ChipInField: Sendable {
    /// Whether commands longer than 261 octets go.
    var takesExtended: Bool { get }
    /// Sends a command; the answer with its two status octets comes later.
    func send(_ command: Data, _ answer: Waited<Data>)
    /// Why there was none.
    func meant(_ error: any Error) -> TransportFailure
}

/// A chip card in the phone's field.
public final class ChipTransport: CardTransport, @unchecked Sendable {
    private let chip: any ChipInField
    private let patience: Double
    private let lock = NSLock()
    private var isLost = false

    /// A chip computes for a second or two before it answers; a lost card is told at once all the same.
    public init(_ chip: any ChipInField, patience: Double = 5) { (self.chip, self.patience) = (chip, patience) }

    /// Where extended commands go the system names no limit of its own; 2,048 octets are an assumption.
    public func maxCommandLen() -> UInt32 { chip.takesExtended ? 2_048 : 261 }

    public func transceive(command: Data) throws -> Data {
        if lock.withLock({ isLost }) { throw TransportFailure.TagLost }
        let answer = Waited<Data>()
        chip.send(command, answer)
        let given: Data
        do {
            guard let came = try answer.within(seconds: patience) else { throw TransportFailure.Timeout }
            given = came
        } catch let failure as TransportFailure {
            throw lost(failure)
        } catch {
            throw lost(chip.meant(error))
        }
        // A controller's empty answer is a lost card.
        guard given.count >= 2 else { throw lost(.TagLost) }
        return given
    }

    /// A card that left, or whose answer to an earlier command may still come, answers nothing more.
    private func lost(_ failure: TransportFailure) -> TransportFailure {
        if failure == .TagLost || failure == .Timeout { lock.withLock { isLost = true } }
        return failure
    }
}
