package vn.sen.nation

import java.io.File
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.time.Duration
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import org.json.JSONException
import org.json.JSONObject

/** A person of the sandbox's register and their card. */
data class Person(val number: String, val phone: String, val can: String, val card: String)

val THAO = Person("000204067891", "0900000002", "067891", "b_bp384_named_2024")

/** The nation in a box: `sen sandbox serve` in a process of its own, over TLS. */
class Nation : AutoCloseable {
    val folder: File = Files.createTempDirectory("sen-kotlin-").toFile()
    private val data = File(folder, "nation")
    private val process: Process
    private val told: JSONObject
    private val client: HttpClient

    init {
        val csca = File(card(THAO), "csca.cer")
        process = program("--json", "sandbox", "serve", "--listen", "127.0.0.1:0", "--data", data.path, "--csca", csca.path)
        told = firstObject(process)
        client = HttpClient.newBuilder().sslContext(believing(roots)).connectTimeout(Duration.ofSeconds(10)).build()
    }

    val url: String get() = told.getString("url")
    val trust: String get() = told.getString("trust")
    val status: String get() = told.getString("status")
    val rootsPath: String get() = told.getString("roots")
    val roots: ByteArray get() = File(rootsPath).readBytes()

    /** Those who vouch for whoever signs documents, and for whoever asks for them. */
    val documentsPem: String get() = File(data, "documents-ca.pem").readText()
    val askersPem: String get() = File(data, "askers-ca.pem").readText()

    fun wallet(name: String): String = File(folder, name).apply { mkdirs() }.path

    /** The newest one-time code sent to a phone. */
    fun mailedCode(phone: String): String {
        val messages = get("/mailbox?phone=$phone").getJSONArray("messages")
        return messages.getJSONObject(0).getString("text").trim().split(Regex("\\s+")).last()
    }

    fun get(path: String) = JSONObject(send(request(path).GET()))

    fun post(path: String, content: JSONObject): JSONObject {
        val body = HttpRequest.BodyPublishers.ofString(content.toString())
        val answer = send(request(path).header("content-type", "application/json").POST(body))
        return if (answer.isBlank()) JSONObject() else JSONObject(answer)
    }

    /** What a browser gets that stops at each redirect, so that the test sees it. */
    fun browse(address: String, form: Map<String, String>? = null): HttpResponse<String> {
        val request = HttpRequest.newBuilder(URI(address)).timeout(Duration.ofSeconds(20))
        if (form != null) {
            val body = form.entries.joinToString("&") { "${it.key}=${URLEncoder.encode(it.value, Charsets.UTF_8)}" }
            request.header("content-type", "application/x-www-form-urlencoded").POST(HttpRequest.BodyPublishers.ofString(body))
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString())
    }

    /** A chip of a folder of known answers, behind a reader of its own. */
    fun chip(person: Person = THAO) = Chip(card(person))

    /** Ends it for good: the network is gone. */
    fun stop() {
        process.destroy()
        check(process.waitFor(10, TimeUnit.SECONDS)) { "the sandbox did not end" }
    }

    override fun close() {
        stop()
        folder.deleteRecursively()
    }

    private fun request(path: String) = HttpRequest.newBuilder(URI(url + path)).header("accept", "application/json").timeout(Duration.ofSeconds(20))

    private fun send(request: HttpRequest.Builder): String {
        val answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() == 200) { "${answer.uri().path} answered ${answer.statusCode()}" }
        return answer.body()
    }
}

/** A chip that `sen card serve` plays, and the virtual reader's side of the connection to it. */
class Chip(folder: File) : AutoCloseable {
    private val process: Process
    internal val connection: Socket

    init {
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { listener ->
            listener.soTimeout = 20_000
            process = program("card", "serve", folder.path, "--vpcd", "127.0.0.1:${listener.localPort}")
            connection = listener.accept().apply { soTimeout = 20_000 }
        }
    }

    override fun close() {
        connection.close()
        process.destroy()
        check(process.waitFor(10, TimeUnit.SECONDS)) { "the chip did not end" }
    }
}

private fun card(person: Person) = File(System.getProperty("sen.root"), "tests/vectors/emrtd/vn_cccd/${person.card}")

internal fun program(vararg words: String): Process {
    val builder = ProcessBuilder(listOf(System.getProperty("sen.binary")) + words)
    // What runs beside the tests has its log looked through for names.
    val log = System.getenv("SEN_LOGS")?.let { File.createTempFile("kotlin-", "", File(it)) }
    builder.redirectError(log?.let(ProcessBuilder.Redirect::to) ?: ProcessBuilder.Redirect.DISCARD)
    return builder.start()
}

internal fun firstObject(process: Process): JSONObject {
    val text = StringBuilder()
    // Closed with the process, which may go on to write to it.
    val lines = process.inputStream.bufferedReader()
    while (true) {
        text.append(checkNotNull(lines.readLine()) { "the sandbox did not start" })
        try {
            return JSONObject(text.toString())
        } catch (_: JSONException) {
            // More lines belong to it.
        }
    }
}

private fun believing(pem: ByteArray): SSLContext {
    val anchors = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null) }
    CertificateFactory.getInstance("X.509").generateCertificates(pem.inputStream()).forEachIndexed { index, certificate ->
        anchors.setCertificateEntry("$index", certificate)
    }
    val trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(anchors) }
    return SSLContext.getInstance("TLS").apply { init(null, trust.trustManagers, null) }
}
