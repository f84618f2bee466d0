// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "SenScreens",
    platforms: [.iOS(.v16)],
    products: [.library(name: "SenScreens", targets: ["SenScreens"])],
    dependencies: [.package(path: "../../bindings/swift"), .package(path: "../SenApp"), .package(path: "../SenPlatform")],
    targets: [.target(name: "SenScreens", dependencies: [.product(name: "Sen", package: "swift"), "SenApp", "SenPlatform"])]
)
