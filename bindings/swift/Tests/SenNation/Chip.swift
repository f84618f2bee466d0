import Foundation
import Glibc
import Sen

/// A chip that `sen card serve` plays, and the virtual reader's side of the connection to it.
public final class Chip: @unchecked Sendable {
    private let process: Process
    private let connection: Int32
    private let lock = NSLock()
    private var isClosed = false

    public init(_ person: Person = .thao) throws {
        let (listener, port) = try listen()
        defer { Glibc.close(listener) }
        process = try program(["card", "serve", cardFolder(person).path, "--vpcd", "127.0.0.1:\(port)"], output: nil)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        connection = accept(listener, nil, nil)
        guard connection >= 0 else { throw NationError.notStarted("the chip did not come") }
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Once more is nothing.
    public func close() {
        let isFirst = lock.withLock {
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        Glibc.close(connection)
        end(process)
    }

    /// One command and its answer. A reader that takes the place of another waits for the answer to the other's last command.
    func exchange(_ command: Data) throws -> Data {
        try lock.withLock {
            if isClosed { throw NationError.broken("closed") }
            try send(command)
            let head = try receive(2)
            return try receive(Int(head[0]) << 8 | Int(head[1]))
        }
    }

    /// The card leaves the reader and comes back.
    func putBack() throws {
        try lock.withLock {
            try send(Data([0]))
            try send(Data([1]))
        }
    }

    /// Two bytes of length, then the content.
    private func send(_ content: Data) throws {
        let bytes = [UInt8(content.count >> 8), UInt8(content.count & 0xff)] + [UInt8](content)
        guard Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw NationError.broken("to the chip")
        }
    }

    private func receive(_ count: Int) throws -> Data {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let more = bytes.withUnsafeMutableBytes { recv(connection, $0.baseAddress! + got, count - got, 0) }
            guard more > 0 else { throw NationError.broken("from the chip") }
            got += more
        }
        return Data(bytes)
    }
}

/// A socket that listens on a free port of this machine.
private func listen() throws -> (socket: Int32, port: UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0
        }
    }
    guard bound, Glibc.listen(listener, 1) == 0 else { throw NationError.notStarted("no port") }
    return (listener, UInt16(bigEndian: address.sin_port))
}

/// The card held to a reader. One more of them is the card put back on it.
public final class ChipReader: CardTransport, @unchecked Sendable {
    private let chip: Chip
    private let loseAt: Int
    private let explodeAt: Int
    private let before: @Sendable (Int) -> Void
    private let lock = NSLock()
    private var sent = 0
    private var files: [Int] = []

    public init(_ chip: Chip, loseAt: Int = .max, explodeAt: Int = .max, before: @escaping @Sendable (Int) -> Void = { _ in }) throws {
        (self.chip, self.loseAt, self.explodeAt, self.before) = (chip, loseAt, explodeAt, before)
        try chip.putBack()
        Held.shared.add(1)
    }

    deinit { Held.shared.add(-1) }

    /// Commands so far.
    public var commands: Int { lock.withLock { sent } }

    /// READ BINARY among them, by short identifier: files that were begun.
    public var begun: [Int] { lock.withLock { files } }

    public func maxCommandLen() -> UInt32 { 65_000 }

    public func transceive(command: Data) throws -> Data {
        let number = lock.withLock {
            sent += 1
            return sent
        }
        before(number)
        if number == loseAt { throw TransportFailure.TagLost }
        if number == explodeAt { throw NationError.broken("a port that throws what it did not announce") }
        let head = [UInt8](command.prefix(3))
        if head.count == 3, head[0] == 0x0c, head[1] == 0xb0, head[2] & 0x80 != 0 {
            lock.withLock { files.append(Int(head[2] & 0x1f)) }
        }
        do {
            return try chip.exchange(command)
        } catch {
            throw TransportFailure.TagLost
        }
    }
}

/// Keeps the steps, and may want an end after some.
public final class Steps: ReadingListener, @unchecked Sendable {
    private let cancelAfter: Int
    private let lock = NSLock()
    private var seen: [ReadingStep] = []

    public init(cancelAfter: Int = .max) {
        self.cancelAfter = cancelAfter
        Held.shared.add(1)
    }

    deinit { Held.shared.add(-1) }

    public var all: [ReadingStep] { lock.withLock { seen } }

    public func step(step: ReadingStep) { lock.withLock { seen.append(step) } }

    public func cancelled() -> Bool { lock.withLock { seen.count > cancelAfter } }
}

/// How many ports of the tests are alive: transports, listeners, keys.
public final class Held: @unchecked Sendable {
    public static let shared = Held()
    private let lock = NSLock()
    private var count = 0

    func add(_ more: Int) { lock.withLock { count += more } }

    public var now: Int { lock.withLock { count } }
}
