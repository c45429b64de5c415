using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Verifiers.Lean.Protocol;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Lean;

/// <summary>How a Lean program is started, by itself or in a Lake project, and which Mathlib that project has.</summary>
internal static class LeanCommandLine
{
    private const string Install = "Install Lean 4 with elan (https://github.com/leanprover/elan) and set the path of the program.";

    /// <summary>What starts a program.</summary>
    /// <param name="program">Path or name of the program.</param>
    /// <param name="lake">Path or name of <c>lake</c>.</param>
    /// <param name="project">Folder of the Lake project, or null.</param>
    /// <param name="arguments">Arguments of the program.</param>
    /// <param name="remedy">What to install where <paramref name="program"/> is missing.</param>
    /// <exception cref="RatchetException">The program, <c>lake</c> or the project is not there.</exception>
    public static ChildProcessOptions For(string program, string lake, string? project, IReadOnlyList<string> arguments, string remedy = Install)
    {
        var path = ProgramFinder.Find(program) ?? throw new RatchetException($"There is no program {program}.", remedy);
        var environment = new Dictionary<string, string>();

        // elan's programs are links that look for the toolchain in the user's home.
        foreach (var name in (string[])["HOME", "ELAN_HOME", "ELAN_TOOLCHAIN", "LEAN_PATH", "LEAN_SYSROOT"])
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
                environment[name] = value;
        }

        environment["PATH"] = $"{Path.GetDirectoryName(path)}:/usr/local/bin:/usr/bin:/bin";
        if (project is null)
            return new ChildProcessOptions { Program = path, Arguments = arguments, Environment = environment };
        var root = Path.GetFullPath(project);
        if (!File.Exists(Path.Combine(root, "lakefile.lean")) && !File.Exists(Path.Combine(root, "lakefile.toml")))
            throw new RatchetException($"There is no Lake project in {root}: it has no lakefile.", "Set the project folder to the one that holds lakefile.lean or lakefile.toml.");
        var lakePath = ProgramFinder.Find(lake) ?? throw new RatchetException($"There is no program {lake}, which runs Lean in the project {root}.", Install);
        environment["PATH"] = $"{Path.GetDirectoryName(lakePath)}:{environment["PATH"]}";
        var env = ProgramFinder.Find("env") ?? throw new RatchetException("There is no program env.", "Install the package coreutils.");
        return new ChildProcessOptions { Program = env, Arguments = ["-C", root, lakePath, "env", path, .. arguments], Environment = environment };
    }

    /// <summary>The revision of Mathlib that a project's manifest names, or null.</summary>
    public static string? MathlibOf(string? project)
    {
        if (project is null)
            return null;
        var manifest = Path.Combine(project, "lake-manifest.json");
        try
        {
            if (!File.Exists(manifest) || !LeanJson.TryParse(File.ReadAllText(manifest), out var document))
                return null;
            using (document)
            {
                foreach (var package in LeanJson.Items(document.RootElement, "packages"))
                {
                    // Manifests before version 7 put the fields one level down, under "git".
                    var fields = package.ValueKind == JsonValueKind.Object && package.TryGetProperty("git", out var git) ? git : package;
                    if (LeanJson.Text(fields, "name") == "mathlib")
                        return LeanJson.Text(fields, "rev");
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RatchetException($"The file {manifest} cannot be read: {e.Message}", "Make it readable, or state the revision of Mathlib in the options.", e);
        }

        return null;
    }
}
