namespace Ratchet.Systems.Tests;

/// <summary>The working tree that the tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Ratchet.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Ratchet.slnx is in no folder above the tests.");
        return folder;
    }
}
