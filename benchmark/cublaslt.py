"""cuBLASLt's product of bytes by ctypes, where its library is installed."""
import ctypes

# Numbers of the library's enumerations.
COMPUTE_32I, R_8I, R_32I, OP_T = 72, 3, 10, 1
TRANSPOSE_A, MAX_WORKSPACE = 3, 1
WORKSPACE_BYTES = 32 << 20


def open_library():
    for name in ("libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11", "libcublasLt.so"):
        try:
            return ctypes.CDLL(name)
        except OSError:
            pass
    return None


def cublaslt_seconds(gpu, size):
    """Median seconds of s8 [size, size] times s8 to i32, or None and why it could not be measured."""
    library = open_library()
    if not library:
        return None, "its library is not installed"

    def check(function, *arguments):
        code = getattr(library, function)(*arguments)
        if code:
            raise RuntimeError("%s: status %d" % (function, code))

    try:
        handle, operation, preference = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        check("cublasLtCreate", ctypes.byref(handle))
        check("cublasLtMatmulDescCreate", ctypes.byref(operation), COMPUTE_32I, R_32I)
        transpose = ctypes.c_int32(OP_T)
        check("cublasLtMatmulDescSetAttribute", operation, TRANSPOSE_A, ctypes.byref(transpose), ctypes.c_size_t(4))
        layouts = []
        for kind in (R_8I, R_8I, R_32I):
            layout = ctypes.c_void_p()
            check("cublasLtMatrixLayoutCreate", ctypes.byref(layout), kind, ctypes.c_uint64(size), ctypes.c_uint64(size),
                  ctypes.c_int64(size))
            layouts.append(layout)
        check("cublasLtMatmulPreferenceCreate", ctypes.byref(preference))
        limit = ctypes.c_size_t(WORKSPACE_BYTES)
        check("cublasLtMatmulPreferenceSetAttribute", preference, MAX_WORKSPACE, ctypes.byref(limit), ctypes.c_size_t(8))
        # One result: the algorithm in 64 bytes, then what it needs.
        result, found = (ctypes.c_uint64 * 12)(), ctypes.c_int()
        a, b, c = layouts
        check("cublasLtMatmulAlgoGetHeuristic", handle, operation, a, b, c, c, preference, 1, result, ctypes.byref(found))
        if not found.value:
            return None, "has no algorithm for this product"
        memory = [gpu.allocate(size * size), gpu.allocate(size * size), gpu.allocate(4 * size * size), gpu.allocate(WORKSPACE_BYTES)]
        alpha, beta = ctypes.c_int32(1), ctypes.c_int32(0)
        pointers = [ctypes.c_void_p(address.value) for address in memory]
        seconds = gpu.seconds(lambda: check("cublasLtMatmul", handle, operation, ctypes.byref(alpha), pointers[0], a, pointers[1], b,
                                            ctypes.byref(beta), pointers[2], c, pointers[2], c, result, pointers[3], limit, None))
        for address in memory:
            gpu.free(address)
        return seconds, None
    except RuntimeError as error:
        return None, str(error)
