using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Ratchet.Runs;
using TorchSharp;

namespace Ratchet.Models.Torch;

/// <summary>
/// Loads the tensor library on first use, once a process. Everything that touches TorchSharp calls <see cref="EnsureLoaded"/> first; a
/// command that does not starts without it.
/// </summary>
/// <remarks>
/// libtorch is found in one place for all programs (<c>RATCHET_LIBTORCH</c>, the <c>native</c> folder beside the program, the package
/// folder of the build). Its threads wait passively: waiting OpenMP threads that spin beside a busy core cost a small model most of its speed.
/// Variables that the user set himself are left alone.
/// </remarks>
public static partial class TorchNative
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, nint> Handles = new(StringComparer.Ordinal);
    private static bool _loaded;
    private static int? _threads;

    /// <summary>The number that the library was told on this thread; 0 before.</summary>
    [ThreadStatic]
    private static int _threadsHere;

    /// <summary>True when the library has been loaded.</summary>
    public static bool IsLoaded => Volatile.Read(ref _loaded);

    /// <summary>Folder that libtorch was loaded from, or null before.</summary>
    public static string? LibTorchFolder { get; private set; }

    /// <summary>True where the bridge library had to be patched for this system's C++ runtime.</summary>
    public static bool IsPatched { get; private set; }

    /// <summary>
    /// Threads that an operation on CPU may use, 1 unless set; a setting of the whole process. Results of the tensor library may depend on it
    /// in the last bits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public static int Threads
    {
        get => _threads ?? 1;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            lock (Gate)
            {
                _threads = value;
                if (_loaded)
                    UseThreads();
            }
        }
    }

    /// <summary>Loads the library if that has not happened yet. Safe from many threads.</summary>
    /// <exception cref="RatchetException">libtorch is missing or does not load; the message says what to install or set.</exception>
    public static void EnsureLoaded()
    {
        if (Volatile.Read(ref _loaded))
        {
            UseThreads();
            return;
        }

        lock (Gate)
        {
            if (!_loaded)
                Load();
            UseThreads();
            Volatile.Write(ref _loaded, true);
        }
    }

    /// <summary>
    /// Tells the library <see cref="Threads"/> on the calling thread, before it computes. The library keeps the number for each thread from its first operation on, so that a
    /// thread of the pool that computed before the number was set would go on with the old one, and a sum would end in other last bits by chance.
    /// </summary>
    public static void UseThreads()
    {
        var threads = Threads;
        if (_threadsHere == threads)
            return;
        torch.set_num_threads(threads);
        _threadsHere = threads;
    }

    /// <summary>The device of a name: <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    /// <exception cref="RatchetException">The name is unknown or the machine has no such device.</exception>
    public static torch.Device Device(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        EnsureLoaded();
        if (name == "cpu")
            return torch.CPU;
        var parts = name.Split(':');
        var index = 0;
        if (parts[0] != "cuda" || parts.Length > 2 || (parts.Length == 2 && (!int.TryParse(parts[1], out index) || index < 0)))
            throw new RatchetException($"The device '{name}' is unknown.", "Use cpu, cuda or cuda:N.");
        if (!torch.cuda_is_available() || index >= torch.cuda.device_count())
            throw new RatchetException($"The device '{name}' is not available with the libtorch of '{LibTorchFolder}'.", $"Use cpu, or set {LibTorchFiles.Variable} to the folder of a libtorch 2.10 for CUDA on a machine that has such a device.");
        return torch.device(DeviceType.CUDA, index);
    }

    private static void Load()
    {
        var baseFolder = AppContext.BaseDirectory;
        var folder = LibTorchFiles.FindLibTorch(Environment.GetEnvironmentVariable(LibTorchFiles.Variable), baseFolder, LibTorchFiles.BuildValue("LibTorchFolder"));
        var bridge = LibTorchFiles.FindBridge(baseFolder, folder);
        SetPassiveWaiting();

        // By absolute path and first: the bridge and TorchSharp ask by name only and get what is loaded.
        foreach (var library in (string[])["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"])
        {
            var path = Path.Combine(folder, LibTorchFiles.FileName(library));
            if (!File.Exists(path))
                continue;
            try
            {
                Handles[library] = NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                throw new RatchetException($"The library '{path}' does not load: {e.Message.Trim()}", "Check that it is libtorch 2.10 for this system and that the libraries it names are installed.", e);
            }
        }

        Handles["LibTorchSharp"] = LoadBridge(bridge);
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => Handles.GetValueOrDefault(name);
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (name, _, _) => Handles.GetValueOrDefault(name));
        }
        catch (InvalidOperationException)
        {
            // The program has set a resolver of its own; the event above answers where that one does not.
        }

        // Without this, TorchSharp looks for the libraries again by its own rules and finds the unpatched one.
        foreach (var field in (string[])["nativeBackendLoaded", "nativeBackendCudaLoaded"])
            typeof(torch).GetField(field, BindingFlags.NonPublic | BindingFlags.Static)?.SetValue(null, true);
        LibTorchFolder = folder;
        torch.InitializeDeviceType(DeviceType.CPU);
    }

    private static nint LoadBridge(string path)
    {
        if (NativeLibrary.TryLoad(path, out var handle))
            return handle;
        Exception? last = null;
        if (OperatingSystem.IsLinux())
        {
            var bytes = File.ReadAllBytes(path);
            if (LibTorchPatcher.MarkWeak(bytes) is PatchResult.Patched or PatchResult.AlreadyWeak)
            {
                foreach (var (cache, temporary) in LibTorchFiles.CacheFolders())
                {
                    try
                    {
                        handle = NativeLibrary.Load(LibTorchFiles.Cache(cache, Path.GetFileName(path), bytes));
                        if (temporary)
                            Directory.Delete(cache, recursive: true);
                        IsPatched = true;
                        return handle;
                    }
                    catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
                    {
                        // A read-only home, or a file system mounted without the right to execute: the next folder.
                        last = e;
                    }
                }
            }
        }

        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new RatchetException($"The library '{path}' does not load: {(last ?? e).Message.Trim()}", "Install the C++ runtime of GCC 12 or newer (Debian: libstdc++6); it needs libtorch 2.10.", e);
        }
    }

    private static void SetPassiveWaiting()
    {
        foreach (var (name, value) in new[] { ("OMP_WAIT_POLICY", "PASSIVE"), ("GOMP_SPINCOUNT", "0"), ("KMP_BLOCKTIME", "0") })
        {
            if (Environment.GetEnvironmentVariable(name) is not null)
                continue;
            Environment.SetEnvironmentVariable(name, value);

            // On Unix the runtime keeps its own copy of the environment; native libraries read the process's.
            if (!OperatingSystem.IsWindows())
                _ = SetVariable(name, value, 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
