plugins {
    id("com.android.application")
}

// The core for each kind of phone: needs `cargo install cargo-ndk`, the NDK and the targets (see android/README.md).
val core by tasks.registering(Exec::class) {
    workingDir = rootDir.parentFile
    commandLine(
        "cargo", "ndk", "--target", "arm64-v8a", "--target", "armeabi-v7a", "--target", "x86_64", "--platform", "26",
        "--output-dir", layout.buildDirectory.dir("core").get().asFile.path,
        // One crate type alone, since with a library for Rust beside it nothing is optimised across crates.
        "rustc", "--locked", "--profile", "phone", "-p", "sen-bindings", "--lib", "--crate-type", "cdylib",
    )
}

android {
    namespace = "vn.sen.android"
    compileSdk = 36

    defaultConfig {
        applicationId = "vn.sen.android"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "0.1.0"
        testInstrumentationRunner = "vn.sen.android.ContractRun"
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
        }
    }

    sourceSets["androidTest"].kotlin.srcDir("../../bindings/kotlin/src/contract/kotlin")
    sourceSets["main"].jniLibs.srcDir(layout.buildDirectory.dir("core"))
    // Words are found by name: what looks unused is not.
    lint.disable += "UnusedResources"
}

tasks.named("preBuild") { dependsOn(core) }

dependencies {
    implementation(project(":app-core"))
    implementation("net.java.dev.jna:jna:5.19.1@aar")
}
