// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "SenPlatform",
    platforms: [.iOS(.v16)],
    products: [.library(name: "SenPlatform", targets: ["SenPlatform"])],
    dependencies: [.package(path: "../../bindings/swift"), .package(path: "../SenApp")],
    targets: [.target(name: "SenPlatform", dependencies: [.product(name: "Sen", package: "swift"), "SenApp"])]
)
