// For the Android app, and for whoever builds with Gradle; Maven's pom.xml is what is tested.
plugins {
    kotlin("jvm")
}

val root = layout.projectDirectory.dir("../..")
val generated = root.dir("target/bindings/kotlin")

val generate by tasks.registering(Exec::class) {
    commandLine("./generate")
}

kotlin {
    jvmToolchain(17)
    sourceSets.main {
        kotlin.srcDir(files(generated) { builtBy(generate) })
    }
}

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core:1.11.0")
    // On Android the same classes come with its native half from the .aar: the app depends on that instead.
    compileOnlyApi("net.java.dev.jna:jna:5.19.1")
}
