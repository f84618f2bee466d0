plugins {
    kotlin("jvm")
}

kotlin {
    jvmToolchain(17)
    compilerOptions.allWarningsAsErrors = true
    sourceSets.test {
        kotlin.srcDir("../../bindings/kotlin/src/test/kotlin/vn/sen/nation")
        kotlin.srcDir("../../bindings/kotlin/src/contract/kotlin")
    }
}

dependencies {
    api(project(":sen-kotlin"))
    implementation("com.google.zxing:core:3.5.4")
    testImplementation("net.java.dev.jna:jna:5.19.1")
    testImplementation("org.junit.jupiter:junit-jupiter:5.14.4")
    testRuntimeOnly("org.junit.platform:junit-platform-launcher")
    testImplementation("org.bouncycastle:bcpkix-jdk18on:1.87")
    testImplementation("org.json:json:20260814")
}

tasks.test {
    useJUnitPlatform()
    val root = layout.projectDirectory.dir("../..").asFile
    systemProperty("jna.library.path", "$root/target/debug")
    systemProperty("sen.binary", "$root/target/debug/sen")
    systemProperty("sen.root", root.path)
}
