// swift-tools-version: 6.0
import PackageDescription

#if os(macOS)
    // What `xcframework` makes: the library for phones and simulators with its header.
    let library: [Target] = [.binaryTarget(name: "senFFI", path: "senFFI.xcframework")]
    let tests: [Target] = []
    let testProducts: [Product] = []
#else
    // The host's shared library, found where -L says.
    let library: [Target] = [.systemLibrary(name: "senFFI", path: "Sources/senFFI")]
    // The other sides for tests: the sandbox and a chip in processes of their own, keys of OpenSSL.
    let tests: [Target] = [
        .systemLibrary(name: "COpenSSL", path: "Tests/COpenSSL"),
        .target(name: "SenNation", dependencies: ["Sen", "COpenSSL"], path: "Tests/SenNation"),
        .testTarget(name: "SenTests", dependencies: ["Sen", "SenContracts", "SenNation"]),
    ]
    let testProducts: [Product] = [.library(name: "SenNation", targets: ["SenNation"])]
#endif

let package = Package(
    name: "Sen",
    platforms: [.iOS(.v16)],
    products: [.library(name: "Sen", targets: ["Sen"]), .library(name: "SenContracts", targets: ["SenContracts"])] + testProducts,
    targets: library + [
        // The generated code is not written for Swift 6's checks.
        .target(name: "Sen", dependencies: ["senFFI"], swiftSettings: [.swiftLanguageMode(.v5)]),
        // What the ports promise, for tests here and on phones.
        .target(name: "SenContracts", dependencies: ["Sen"]),
    ] + tests
)
