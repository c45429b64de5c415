namespace Ratchet.Systems.Verification.Forms;

/// <summary>Programs of this machine.</summary>
internal static class Programs
{
    /// <summary>Whether a program is there: as it stands where its name has a folder, else along <c>PATH</c>.</summary>
    public static bool IsThere(string program) => program.Contains('/', StringComparison.Ordinal) ? File.Exists(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, program)));
}
