// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "Phone",
    dependencies: [.package(path: "../../../../../bindings/swift")],
    targets: [.executableTarget(name: "Phone", dependencies: ["Sen", "SenNation"].map { .product(name: $0, package: "swift") })]
)
