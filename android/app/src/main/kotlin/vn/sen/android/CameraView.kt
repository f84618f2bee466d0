package vn.sen.android

import android.Manifest
import android.content.Context
import android.content.pm.PackageManager
import android.graphics.ImageFormat
import android.graphics.Matrix
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.params.OutputConfiguration
import android.hardware.camera2.params.SessionConfiguration
import android.media.Image
import android.media.ImageReader
import android.os.Build
import android.os.Handler
import android.os.HandlerThread
import android.util.Size
import android.view.Surface
import android.view.TextureView

/** One octet a pixel, rows `stride` octets apart, and the size of the picture. */
typealias FrameSeen = (luminance: ByteArray, stride: Int, width: Int, height: Int) -> Unit

/** The back camera's picture while it is on the screen, and its frames one by one on a thread of their own. */
class CameraView(context: Context, private val seen: FrameSeen, private val failed: () -> Unit) :
    TextureView(context), TextureView.SurfaceTextureListener {

    private val manager = context.getSystemService(CameraManager::class.java)
    private val id = manager?.let(::back)
    private val size = id?.let { sizeOf(manager, it) }
    private var thread: HandlerThread? = null
    private var camera: CameraDevice? = null
    private var frames: ImageReader? = null

    init {
        surfaceTextureListener = this
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val width = MeasureSpec.getSize(widthMeasureSpec)
        // Sensors lie on their side: upright, the picture is higher than wide.
        val (long, short) = (size?.width ?: LONG) to (size?.height ?: SHORT)
        setMeasuredDimension(width, if (isUpright()) width * long / short else width * short / long)
    }

    override fun onSurfaceTextureAvailable(surface: SurfaceTexture, width: Int, height: Int) {
        turn(width, height)
        open(surface)
    }

    override fun onSurfaceTextureSizeChanged(surface: SurfaceTexture, width: Int, height: Int) = turn(width, height)

    override fun onSurfaceTextureUpdated(surface: SurfaceTexture) = Unit

    override fun onSurfaceTextureDestroyed(surface: SurfaceTexture): Boolean {
        close()
        return true
    }

    /** Behind another app no camera runs. */
    override fun onWindowVisibilityChanged(visibility: Int) {
        super.onWindowVisibilityChanged(visibility)
        val texture = surfaceTexture
        if (visibility != VISIBLE) close() else if (texture != null && thread == null) open(texture)
    }

    private fun open(texture: SurfaceTexture) {
        val (id, size) = (id ?: return failed()) to (size ?: return failed())
        if (context.checkSelfPermission(Manifest.permission.CAMERA) != PackageManager.PERMISSION_GRANTED) return failed()
        val thread = HandlerThread("camera").apply { start() }
        this.thread = thread
        val handler = Handler(thread.looper)
        texture.setDefaultBufferSize(size.width, size.height)
        val frames = ImageReader.newInstance(size.width, size.height, ImageFormat.YUV_420_888, FRAMES)
        frames.setOnImageAvailableListener({ reader -> reader.acquireLatestImage()?.use(::look) }, handler)
        this.frames = frames
        try {
            manager.openCamera(id, Opened(listOf(Surface(texture), frames.surface), handler), handler)
        } catch (_: CameraAccessException) {
            failed()
        } catch (_: SecurityException) {
            failed()
        }
    }

    private fun close() {
        camera?.close()
        camera = null
        frames?.close()
        frames = null
        thread?.quitSafely()
        thread = null
    }

    private fun look(image: Image) {
        val plane = image.planes.first()
        // The last row may end with the picture, short of its stride.
        val luminance = ByteArray(plane.rowStride * image.height)
        plane.buffer.get(luminance, 0, minOf(plane.buffer.remaining(), luminance.size))
        seen(luminance, plane.rowStride, image.width, image.height)
    }

    private inner class Opened(private val surfaces: List<Surface>, private val handler: Handler) : CameraDevice.StateCallback() {
        override fun onOpened(opened: CameraDevice) {
            // The screen may have been left before the camera was there.
            if (thread == null) return opened.close()
            camera = opened
            try {
                begin(opened)
            } catch (_: CameraAccessException) {
                post(failed)
            }
        }

        private fun begin(opened: CameraDevice) {
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) {
                val outputs = surfaces.map(::OutputConfiguration)
                val executor = java.util.concurrent.Executor(handler::post)
                opened.createCaptureSession(SessionConfiguration(SessionConfiguration.SESSION_REGULAR, outputs, executor, Running(surfaces)))
            } else {
                @Suppress("DEPRECATION") // The only way before Android 9.
                opened.createCaptureSession(surfaces, Running(surfaces), handler)
            }
        }

        override fun onDisconnected(lost: CameraDevice) {
            lost.close()
            post(failed)
        }

        override fun onError(broken: CameraDevice, error: Int) {
            broken.close()
            post(failed)
        }
    }

    private inner class Running(private val surfaces: List<Surface>) : CameraCaptureSession.StateCallback() {
        override fun onConfigured(session: CameraCaptureSession) {
            try {
                val request = session.device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW).apply {
                    surfaces.forEach(::addTarget)
                    set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
                }
                session.setRepeatingRequest(request.build(), null, null)
            } catch (_: CameraAccessException) {
                post(failed)
            } catch (_: IllegalStateException) {
                // Closed meanwhile: nobody looks.
            }
        }

        override fun onConfigureFailed(session: CameraCaptureSession) {
            post(failed)
        }
    }

    /** The platform turns the picture for an upright phone; on its side it has to be turned back. */
    private fun turn(width: Int, height: Int) {
        val quarter = display?.rotation ?: Surface.ROTATION_0
        val degrees = when (quarter) {
            Surface.ROTATION_90 -> -90f
            Surface.ROTATION_180 -> 180f
            Surface.ROTATION_270 -> 90f
            else -> 0f
        }
        val (across, down) = width / 2f to height / 2f
        val turned = Matrix().apply {
            if (degrees == 90f || degrees == -90f) postScale(height.toFloat() / width, width.toFloat() / height, across, down)
            postRotate(degrees, across, down)
        }
        setTransform(turned)
    }

    private fun isUpright(): Boolean = when (display?.rotation) {
        Surface.ROTATION_90, Surface.ROTATION_270 -> false
        else -> true
    }

    private fun back(manager: CameraManager): String? = try {
        val ids = manager.cameraIdList
        ids.find { manager.getCameraCharacteristics(it)[CameraCharacteristics.LENS_FACING] == CameraCharacteristics.LENS_FACING_BACK } ?: ids.firstOrNull()
    } catch (_: CameraAccessException) {
        null
    }

    /** Enough for a large code across a desk, and not more than an old phone can look through ten times a second. */
    private fun sizeOf(manager: CameraManager, id: String): Size? = try {
        val sizes = manager.getCameraCharacteristics(id)[CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP]?.getOutputSizes(ImageFormat.YUV_420_888)
        val fit = sizes?.filter { it.width <= LONG && it.height <= SHORT }
        fit?.maxByOrNull { it.width * it.height } ?: sizes?.minByOrNull { it.width * it.height }
    } catch (_: CameraAccessException) {
        null
    }

    private companion object {
        const val LONG = 1280
        const val SHORT = 960
        const val FRAMES = 2
    }
}
