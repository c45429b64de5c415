using System.Diagnostics;
using Ratchet.Models.Torch;
using Ratchet.Runs;
using TorchSharp;

namespace Ratchet.Models.Tests.Torch;

[Collection("torch")]
public sealed class TorchNativeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_tensor_library_loads_and_computes()
    {
        TorchNative.EnsureLoaded();
        TorchNative.EnsureLoaded();

        using var product = torch.tensor(new float[] { 1, 2 }).dot(torch.tensor(new float[] { 3, 4 }));
        Assert.Equal(11f, product.item<float>());
        Assert.True(TorchNative.IsLoaded);
        Assert.Equal(TorchNative.Threads, torch.get_num_threads());
    }

    [Fact]
    public void A_thread_that_computed_before_uses_the_number_that_was_set_since()
    {
        TorchNative.EnsureLoaded();
        var before = TorchNative.Threads;
        var (first, second) = (0, 0);
        using var ready = new ManualResetEventSlim();
        using var set = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            TorchNative.UseThreads();
            first = torch.get_num_threads();
            ready.Set();
            set.Wait();
            TorchNative.UseThreads();
            second = torch.get_num_threads();
        });
        thread.Start();
        ready.Wait(TestContext.Current.CancellationToken);
        TorchNative.Threads = before + 2;
        set.Set();
        thread.Join();
        TorchNative.Threads = before;
        Assert.Equal((before, before + 2), (first, second));
    }

    [Fact]
    public void Waiting_threads_sleep_unless_the_user_said_otherwise()
    {
        TorchNative.EnsureLoaded();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads the process's environment from /proc.");

        // What native code sees: a child process inherits the real environment, not the runtime's copy.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "echo $OMP_WAIT_POLICY $GOMP_SPINCOUNT"]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        Assert.Equal("PASSIVE 0", child.StandardOutput.ReadToEnd().Trim());
    }

    [Fact]
    public void The_bridge_library_is_marked_once_and_only_in_one_byte()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF files are Linux's.");
        var path = LibTorchFiles.FindBridge(AppContext.BaseDirectory, string.Empty);
        var original = File.ReadAllBytes(path);
        var patched = (byte[])original.Clone();

        Assert.Equal(PatchResult.Patched, LibTorchPatcher.MarkWeak(patched));
        Assert.Equal(PatchResult.AlreadyWeak, LibTorchPatcher.MarkWeak(patched));

        var changed = Enumerable.Range(0, original.Length).Where(i => original[i] != patched[i]).ToList();
        Assert.Equal(0, original[Assert.Single(changed)]);
        Assert.Equal(2, patched[changed[0]]);
        Assert.Equal(original, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_version_that_the_code_really_uses_is_left_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF files are Linux's.");
        var bytes = File.ReadAllBytes(LibTorchFiles.FindBridge(AppContext.BaseDirectory, string.Empty));
        var original = (byte[])bytes.Clone();

        Assert.Equal(PatchResult.InUse, LibTorchPatcher.MarkWeak(bytes, "GLIBCXX_3.4.21"));
        Assert.Equal(PatchResult.NotNeeded, LibTorchPatcher.MarkWeak(bytes, "GLIBCXX_9.9.9"));

        Assert.Equal(original, bytes);
    }

    [Fact]
    public void A_damaged_library_is_no_elf_file_and_no_crash()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF files are Linux's.");
        var bytes = File.ReadAllBytes(LibTorchFiles.FindBridge(AppContext.BaseDirectory, string.Empty));

        Assert.Equal(PatchResult.NotElf, LibTorchPatcher.MarkWeak("not a library"u8.ToArray()));
        Assert.Equal(PatchResult.NotElf, LibTorchPatcher.MarkWeak(bytes.AsSpan(0, 100_000)));
        bytes.AsSpan(0x28, 8).Fill(0xFF);
        Assert.Equal(PatchResult.NotElf, LibTorchPatcher.MarkWeak(bytes));
    }

    [Fact]
    public void Processes_that_race_for_the_cache_end_with_one_whole_file()
    {
        var contents = Enumerable.Range(0, 200_000).Select(i => (byte)i).ToArray();

        var paths = new string[8];
        Parallel.For(0, 8, i => paths[i] = LibTorchFiles.Cache(_folder.Path, "lib.so", contents));

        var path = Assert.Single(paths.Distinct());
        Assert.Equal(contents, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void A_cached_file_that_was_cut_off_is_written_again()
    {
        byte[] contents = [1, 2, 3];
        var path = LibTorchFiles.Cache(_folder.Path, "lib.so", contents);
        File.WriteAllBytes(path, [1, 2]);

        Assert.Equal(path, LibTorchFiles.Cache(_folder.Path, "lib.so", contents));

        Assert.Equal(contents, File.ReadAllBytes(path));
    }

    [Fact]
    public void The_places_are_searched_in_order_and_named_when_none_has_the_library()
    {
        void Put(string folder)
        {
            Directory.CreateDirectory(_folder[folder]);
            File.WriteAllText(Path.Combine(_folder[folder], LibTorchFiles.MainLibrary), string.Empty);
        }

        var error = Assert.Throws<RatchetException>(() => LibTorchFiles.FindLibTorch(null, _folder["app"], _folder["package"]));
        Assert.Contains($"'{_folder["app/native"]}'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{_folder["package"]}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("RATCHET_LIBTORCH", error.Remedy, StringComparison.Ordinal);

        Put("package");
        Assert.Equal(_folder["package"], LibTorchFiles.FindLibTorch(null, _folder["app"], _folder["package"]));
        Put("app/native");
        Assert.Equal(_folder["app/native"], LibTorchFiles.FindLibTorch(null, _folder["app"], _folder["package"]));
        Put("own/lib");
        Assert.Equal(_folder["own/lib"], LibTorchFiles.FindLibTorch(_folder["own"], _folder["app"], _folder["package"]));

        // A folder that was asked for and does not hold the library is a mistake, not a reason to look elsewhere.
        Assert.Contains("RATCHET_LIBTORCH is", Assert.Throws<RatchetException>(() => LibTorchFiles.FindLibTorch(_folder["app"], _folder["app"], _folder["package"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:x")]
    [InlineData("cuda:99")]
    public void A_device_that_is_not_there_is_refused_by_name(string device) =>
        Assert.Contains($"'{device}'", Assert.Throws<RatchetException>(() => TorchNative.Device(device)).Message, StringComparison.Ordinal);
}
