import Foundation
import Sen

/// The promises of a `SecretStore` (`docs/ports.md`). `store` gives the same one each time, as an app finds it when it starts again.
public func secretStoreContract(_ store: @escaping @Sendable () throws -> any SecretStore) -> [Check] {
    func check(_ name: String, _ body: @escaping @Sendable () throws -> Void) -> Check {
        Check(name) {
            try store().erase()
            defer { try? store().erase() }
            try body()
        }
    }
    return [
        check("nothing was saved yet") { try same(nil, store().load()) },
        check("what was saved is loaded, also after a new start") {
            for secret in [Data([0]), Data(0..<32), Data(repeating: 0xff, count: 128)] {
                try store().save(secret: secret)
                try same(secret, store().load())
            }
        },
        check("the last one counts, whatever its length") {
            try store().save(secret: Data(repeating: 1, count: 128))
            try store().save(secret: Data([7]))
            try same(Data([7]), store().load())
        },
        check("what is erased is gone, and another can be saved") {
            try store().save(secret: Data([1, 2, 3]))
            try store().erase()
            try same(nil, store().load())
            try store().save(secret: Data([4]))
            try same(Data([4]), store().load())
        },
        check("erasing nothing is no error") {
            try store().erase()
            try store().erase()
        },
    ]
}
