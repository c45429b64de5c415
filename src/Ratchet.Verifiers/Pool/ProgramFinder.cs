namespace Ratchet.Verifiers.Pool;

/// <summary>Finds programs as a shell would.</summary>
internal static class ProgramFinder
{
    /// <summary>Full path of the first of some names that is an executable file: as it stands where it has a slash, else along <c>PATH</c>. Null where none is.</summary>
    public static string? Find(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (name.Contains('/', StringComparison.Ordinal))
            {
                if (IsExecutable(name))
                    return Path.GetFullPath(name);
                continue;
            }

            foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries))
            {
                var path = Path.Combine(folder, name);
                if (IsExecutable(path))
                    return Path.GetFullPath(path);
            }
        }

        return null;
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
