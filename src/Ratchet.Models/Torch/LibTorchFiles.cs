using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ratchet.Runs;

namespace Ratchet.Models.Torch;

/// <summary>Finds the native libraries, so that programs share one copy of half a gigabyte instead of each carrying its own.</summary>
internal static class LibTorchFiles
{
    /// <summary>Environment variable with the folder of libtorch's libraries; wins over all other places.</summary>
    public const string Variable = "RATCHET_LIBTORCH";

    /// <summary>Name of libtorch's main library on this system.</summary>
    public static string MainLibrary => FileName("torch_cpu");

    /// <summary>The runtime identifier under which packages keep native libraries for this system.</summary>
    public static string Rid =>
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux") + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The file name of a library on this system.</summary>
    public static string FileName(string library) =>
        OperatingSystem.IsWindows() ? library + ".dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>The folder of libtorch: the variable's, <c>native</c> beside the program, the program's own, the package folder of the build.</summary>
    /// <exception cref="RatchetException">No place has it; the message lists the places.</exception>
    public static string FindLibTorch(string? variable, string baseFolder, string? packageFolder)
    {
        if (!string.IsNullOrEmpty(variable))
        {
            foreach (var folder in new[] { variable, Path.Combine(variable, "lib") })
            {
                if (File.Exists(Path.Combine(folder, MainLibrary)))
                    return Path.GetFullPath(folder);
            }

            throw new RatchetException($"{Variable} is '{variable}', where there is no {MainLibrary}.", $"Set {Variable} to the folder that holds libtorch 2.10's libraries, or unset it.");
        }

        List<string> places = [Path.Combine(baseFolder, "native"), Path.Combine(baseFolder, "runtimes", Rid, "native"), baseFolder];
        if (!string.IsNullOrEmpty(packageFolder))
            places.Add(packageFolder);
        return places.Find(p => File.Exists(Path.Combine(p, MainLibrary)))
            ?? throw new RatchetException(
                $"The tensor library libtorch ({MainLibrary}) was not found. Looked in: {string.Join(", ", places.Select(p => $"'{p}'"))}.",
                $"Run 'dotnet restore' on this machine, or put libtorch 2.10 for {Rid} into the 'native' folder beside the program, or set {Variable} to its folder.");
    }

    /// <summary>The bridge library of TorchSharp, as it came.</summary>
    /// <exception cref="RatchetException">It is not there.</exception>
    public static string FindBridge(string baseFolder, string libTorch)
    {
        var name = FileName("LibTorchSharp");
        List<string> places = [Path.Combine(baseFolder, "native"), Path.Combine(baseFolder, "runtimes", Rid, "native"), baseFolder, libTorch];
        var folder = places.Find(p => File.Exists(Path.Combine(p, name)))
            ?? throw new RatchetException($"The library {name} was not found. Looked in: {string.Join(", ", places.Select(p => $"'{p}'"))}.", "Build or install the program again.");
        return Path.Combine(folder, name);
    }

    /// <summary>A value that the build wrote into this assembly.</summary>
    public static string? BuildValue(string key) =>
        typeof(LibTorchFiles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == key)?.Value;

    /// <summary>
    /// A file with the given contents under the user's cache, named by their hash. Written once; processes that race write the same bytes
    /// and the last rename wins. A file that is there but differs (cut off, tampered with) is written again.
    /// </summary>
    public static string Cache(string cacheFolder, string name, byte[] contents)
    {
        var folder = Path.Combine(cacheFolder, Convert.ToHexStringLower(SHA256.HashData(contents))[..16]);
        var path = Path.Combine(folder, name);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(contents))
            return path;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{name}.{Environment.ProcessId}.{Guid.NewGuid():N}");
        File.WriteAllBytes(temporary, contents);
        File.Move(temporary, path, overwrite: true);
        return path;
    }

    /// <summary>Folders to try for the cache: <c>RATCHET_CACHE</c>, the user's, and one for this process alone, which goes when the library is loaded.</summary>
    public static IEnumerable<(string Folder, bool Temporary)> CacheFolders()
    {
        if (Environment.GetEnvironmentVariable("RATCHET_CACHE") is { Length: > 0 } chosen)
            yield return (Path.Combine(chosen, "native"), false);
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache)
            yield return (Path.Combine(cache, "ratchet", "native"), false);
        if (Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home)
            yield return (Path.Combine(home, ".cache", "ratchet", "native"), false);

        // Not a fixed name in a folder that all users share: someone else could have put a library there.
        yield return (Directory.CreateTempSubdirectory("ratchet-native-").FullName, true);
    }
}
