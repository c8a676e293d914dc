"""The part of the CUDA driver API that the GPU benchmark needs, by ctypes: modules, memory, launches, events."""
import ctypes


class NoGpu(Exception):
    pass


class Gpu:
    """Device 0 with one stream. Raises NoGpu where there is none."""

    def __init__(self):
        try:
            self.cuda = ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise NoGpu("the CUDA driver cannot be opened: %s" % error)
        count, device, context = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
        if self.cuda.cuInit(0) or self.cuda.cuDeviceGetCount(ctypes.byref(count)) or count.value < 1:
            raise NoGpu("the CUDA driver finds no device")
        self.check("cuDeviceGet", ctypes.byref(device), 0)
        self.check("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self.check("cuCtxSetCurrent", context)
        self.device, name = device, ctypes.create_string_buffer(100)
        self.check("cuDeviceGetName", name, 100, device)
        self.name = name.value.decode()
        self.chip = 10 * self.attribute(75) + self.attribute(76)
        self.multiprocessors, self.clock_khz = self.attribute(16), self.attribute(13)

    def check(self, function, *arguments):
        code = getattr(self.cuda, function)(*arguments)
        if code:
            raise RuntimeError("%s: error %d of the CUDA driver" % (function, code))

    def attribute(self, number):
        value = ctypes.c_int()
        self.check("cuDeviceGetAttribute", ctypes.byref(value), number, self.device)
        return value.value

    def load(self, ptx):
        module = ctypes.c_void_p()
        self.check("cuModuleLoadData", ctypes.byref(module), ctypes.c_char_p(ptx.encode()))
        return module

    def function(self, module, name):
        function = ctypes.c_void_p()
        self.check("cuModuleGetFunction", ctypes.byref(function), module, ctypes.c_char_p(name.encode()))
        return function

    def upload(self, array):
        """A copy of a numpy array on the device."""
        memory = self.allocate(array.nbytes)
        self.check("cuMemcpyHtoD_v2", memory, ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes))
        return memory

    def allocate(self, size):
        memory = ctypes.c_uint64()
        self.check("cuMemAlloc_v2", ctypes.byref(memory), ctypes.c_size_t(max(size, 1)))
        return memory

    def free(self, memory):
        self.check("cuMemFree_v2", memory)

    def download(self, array, memory):
        self.check("cuMemcpyDtoH_v2", ctypes.c_void_p(array.ctypes.data), memory, ctypes.c_size_t(array.nbytes))

    def launch(self, function, grid, block, arguments):
        pointers = (ctypes.c_void_p * len(arguments))(*[ctypes.addressof(argument) for argument in arguments])
        self.check("cuLaunchKernel", function, grid, 1, 1, block, 1, 1, 0, None, pointers, None)

    def seconds(self, work, rounds=20):
        """Median time of `work`, which launches on the device, between two events, after a few untimed runs."""
        for _ in range(3):
            work()
        start, stop, times = ctypes.c_void_p(), ctypes.c_void_p(), []
        self.check("cuEventCreate", ctypes.byref(start), 0)
        self.check("cuEventCreate", ctypes.byref(stop), 0)
        for _ in range(rounds):
            self.check("cuEventRecord", start, None)
            work()
            self.check("cuEventRecord", stop, None)
            self.check("cuEventSynchronize", stop)
            elapsed = ctypes.c_float()
            self.check("cuEventElapsedTime", ctypes.byref(elapsed), start, stop)
            times.append(elapsed.value * 1e-3)
        return sorted(times)[rounds // 2]
