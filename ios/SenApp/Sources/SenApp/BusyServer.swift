import Sen

/// Hears from the core that a server is busy and asked again later, so that the person knows why nothing happens.
public final class BusyServer: Shown<Line?>, WaitListener, @unchecked Sendable {
    public init() { super.init(nil) }

    public func waits(seconds: UInt32) { show(Line(.serverBusy, "\(seconds)")) }

    /// The call that waited is over.
    func over() { show(nil) }
}
