// swift-tools-version: 6.0
import PackageDescription

#if os(macOS)
    let tests: [Target] = []
#else
    let tests: [Target] = [
        .testTarget(
            name: "SenAppTests",
            dependencies: ["SenApp"] + ["Sen", "SenContracts", "SenNation"].map { .product(name: $0, package: "swift") })
    ]
#endif

let package = Package(
    name: "SenApp",
    platforms: [.iOS(.v16)],
    products: [.library(name: "SenApp", targets: ["SenApp"])],
    dependencies: [.package(path: "../../bindings/swift")],
    targets: [.target(name: "SenApp", dependencies: [.product(name: "Sen", package: "swift")])] + tests
)
