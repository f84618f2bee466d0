package vn.sen.app

import java.math.BigInteger
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.PrivateKey
import java.security.ProviderException
import java.security.cert.X509Certificate
import java.security.spec.ECGenParameterSpec
import java.time.Instant
import java.util.Date
import javax.security.auth.x500.X500Principal
import org.bouncycastle.asn1.ASN1ObjectIdentifier
import org.bouncycastle.asn1.ASN1OctetString
import org.bouncycastle.asn1.DEROctetString
import org.bouncycastle.cert.X509CertificateHolder
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder
import vn.sen.DeviceKeyException

/** Makes keys as a phone's hardware does, with a certificate over the challenge, in a key store of the JVM. */
class SoftHardware(private val store: KeyStore, private val password: CharArray) : KeyHardware {
    override var hasStrongBox = false
    var strongBoxFails = false
    var allFails = false
    var meaning: (Exception) -> DeviceKeyException? = { null }

    /** Where each key was asked of StrongBox. */
    val made = mutableListOf<Boolean>()

    /** A key that signing with ECDSA does not begin with. */
    val unfit: PrivateKey by lazy { KeyPairGenerator.getInstance("RSA").apply { initialize(2_048) }.generateKeyPair().private }

    private val authority = pair()
    private val root = certificate(authority, byteArrayOf())
    private val perUse = mutableMapOf<List<Byte>, Boolean>()

    override fun generate(id: String, perUse: Boolean, challenge: ByteArray, strongBox: Boolean) {
        if (allFails || strongBox && strongBoxFails) throw ProviderException("full")
        made += strongBox
        val pair = pair()
        this.perUse[pair.private.encoded.toList()] = perUse
        store.setKeyEntry(id, pair.private, password, arrayOf(certificate(pair, challenge), root))
    }

    override fun asksEachTime(key: PrivateKey): Boolean = perUse.getValue(key.encoded.toList())

    override fun meant(error: Exception): DeviceKeyException? = meaning(error)

    fun challengeIn(certificate: ByteArray): ByteArray =
        ASN1OctetString.getInstance(X509CertificateHolder(certificate).getExtension(SAID).parsedValue).octets

    private fun pair(): KeyPair = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()

    private fun certificate(of: KeyPair, challenge: ByteArray): X509Certificate {
        val (issuer, subject) = X500Principal("CN=authority") to X500Principal(if (of === authority) "CN=authority" else "CN=key")
        val (from, until) = Date.from(Instant.EPOCH) to Date.from(Instant.ofEpochSecond(4_000_000_000))
        val builder = JcaX509v3CertificateBuilder(issuer, BigInteger.ONE, from, until, subject, of.public)
        builder.addExtension(SAID, false, DEROctetString(challenge))
        return JcaX509CertificateConverter().getCertificate(builder.build(JcaContentSignerBuilder("SHA256withECDSA").build(authority.private)))
    }

    private companion object {
        /** Where Android puts what it says of a key; here the challenge alone. */
        val SAID = ASN1ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
    }
}
