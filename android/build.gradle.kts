plugins {
    id("com.android.application") version "9.0.0" apply false
    id("com.android.library") version "9.0.0" apply false
    kotlin("jvm") version "2.4.21" apply false
}
