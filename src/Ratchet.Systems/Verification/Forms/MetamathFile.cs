using Ratchet.Domains.Metamath;

namespace Ratchet.Systems.Verification.Forms;

/// <summary>Metamath databases as files of proofs.</summary>
internal static class MetamathFile
{
    public const string Remedy = "Give --database FILE.mm; Debian's package metamath-databases puts set.mm and others into /usr/share/metamath/databases.";

    private static readonly Lock Gate = new();
    private static (string Path, DateTime Written, WeakReference<MetamathDatabase> Database)? _last;

    /// <summary>All theorems of a database with their proofs, in its order.</summary>
    /// <exception cref="Runs.RatchetException">The file cannot be read or breaks the language's rules.</exception>
    public static IReadOnlyList<ProofItem> Read(string path)
    {
        var database = Load(path);
        var items = new List<ProofItem>();
        for (var i = 0; i < database.Count; i++)
        {
            var statement = database[i];
            if (statement.Kind != MetamathStatementKind.Theorem)
                continue;
            var (file, line, _) = statement.Place;
            items.Add(new ProofItem { Id = statement.Label, Statement = statement.Label, Proof = WithoutComments(statement.Proof), Source = file, Line = line });
        }

        return items;
    }

    /// <summary>Loads a database; the last one is not read again while it is in use and its top file has not changed.</summary>
    public static MetamathDatabase Load(string path)
    {
        var full = Path.GetFullPath(path);
        lock (Gate)
        {
            var written = File.GetLastWriteTimeUtc(full);
            if (_last is { } last && last.Path == full && last.Written == written && last.Database.TryGetTarget(out var known))
                return known;
            var database = MetamathDatabase.Load(path);
            _last = (full, written, new(database));
            return database;
        }
    }

    /// <summary>A proof may hold comments where it stands in a file; the verifier takes the proof alone.</summary>
    private static string WithoutComments(string proof)
    {
        if (!proof.Contains("$(", StringComparison.Ordinal))
            return proof;
        var words = new List<string>();
        var comment = false;
        foreach (var range in Steps(proof))
        {
            var word = proof[range];
            if (word is "$(" or "$)")
                comment = word == "$(";
            else if (!comment)
                words.Add(word);
        }

        return string.Join(' ', words);
    }

    /// <summary>The words of a proof.</summary>
    public static IReadOnlyList<Range> Steps(string proof)
    {
        var words = new List<Range>();
        for (var i = 0; i < proof.Length; i++)
        {
            var start = i;
            while (i < proof.Length && !char.IsWhiteSpace(proof[i]))
                i++;
            if (i > start)
                words.Add(start..i);
        }

        return words;
    }
}
