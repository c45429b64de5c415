using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Learning.Pretraining;

/// <summary>A source of a mixture.</summary>
/// <param name="Name">Name, unique in the mixture.</param>
/// <param name="Shards">Text. Not owned.</param>
/// <param name="Weight">Share of tokens, compared with those of the other sources; at least 0. A source without weight is left out.</param>
public sealed record MixtureSource(string Name, TokenShards Shards, double Weight);

/// <summary>What a source has in a mixture.</summary>
/// <param name="Name">Name.</param>
/// <param name="Share">Share of tokens that was asked for, 0 to 1.</param>
/// <param name="Windows">Windows from it.</param>
/// <param name="Tokens">Tokens in them.</param>
/// <param name="Epochs">Passes over its text that they are; above 1 windows come again.</param>
/// <param name="Hash">Hash of its text.</param>
public sealed record MixtureShare(string Name, double Share, long Windows, long Tokens, double Epochs, string Hash);

/// <summary>
/// Windows of packed text from several sources in fixed shares: the budget says how many windows there are, the weights which source each comes from. A source that has more weight takes windows from the
/// others and never makes the training longer.
/// </summary>
/// <remarks>
/// <para>Windows hold text of one source, document behind document, without padding; a window's last id, which is only a target, is the next one's first. Numbers of windows are rounded by largest remainders, so a
/// source's share is right to one window.</para>
/// <para>Which window stands at a place follows from the place and the stream alone, so a training goes on at any step without having read what came before, and memory does not
/// grow with text or budget.</para>
/// </remarks>
public sealed class TokenMixture
{
    private readonly List<(MixtureSource Source, long Available, long First)> _sources = [];
    private readonly IndexPermutation _order;

    /// <summary>Plans a mixture.</summary>
    /// <param name="sources">Sources, at least one of them with weight.</param>
    /// <param name="window">Ids of a window, at least 2.</param>
    /// <param name="windows">Windows in all, at least 1.</param>
    /// <param name="stream">Stream of the order.</param>
    /// <exception cref="RatchetException">Weights are wrong, names are not unique, or a source has less text than a window.</exception>
    public TokenMixture(IReadOnlyList<MixtureSource> sources, int window, long windows, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(windows, 1);
        var used = sources.Where(s => s.Weight != 0).ToList();
        if (used.Count == 0 || used.Exists(s => !(s.Weight > 0 && double.IsFinite(s.Weight))))
            throw new RatchetException("The weights of a mixture are finite numbers of at least 0, not all 0.", "Correct the weights of the sources.");
        if (used.Select(s => s.Name).Distinct(StringComparer.Ordinal).Count() < used.Count)
            throw new RatchetException("Two sources of a mixture have the same name.", "Give each a name of its own.");
        (Window, Windows) = (window, windows);
        var sum = used.Sum(s => s.Weight);
        var counts = Counts([.. used.Select(s => s.Weight / sum)], windows);
        var shares = new List<MixtureShare>();
        long first = 0;
        for (var i = 0; i < used.Count; i++)
        {
            var available = (used[i].Shards.Ids - 1) / (window - 1);
            if (available < 1)
                throw new RatchetException($"The source '{used[i].Name}' has {used[i].Shards.Ids} tokens, less than a window of {window}.", "Give more text, or make windows shorter.");
            _sources.Add((used[i], available, first));
            first += counts[i];
            shares.Add(new MixtureShare(used[i].Name, used[i].Weight / sum, counts[i], counts[i] * window, (double)counts[i] / available, used[i].Shards.Hash));
        }

        Shares = shares;
        _order = new IndexPermutation(windows, stream);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"mixture 1 window {window} windows {windows} order {stream.Key:x} {stream.Position}");
        foreach (var share in shares)
            text.Append(CultureInfo.InvariantCulture, $"\n{share.Name} {share.Windows} {share.Hash}");
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Ids of a window.</summary>
    public int Window { get; }

    /// <summary>Windows in all.</summary>
    public long Windows { get; }

    /// <summary>What each source with weight has of it.</summary>
    public IReadOnlyList<MixtureShare> Shares { get; }

    /// <summary>Hash of everything that windows depend on.</summary>
    public string Hash { get; }

    /// <summary>The row at a place of the training's order: all ids but the first are targets.</summary>
    /// <param name="place">Place, 0 to <see cref="Windows"/> - 1.</param>
    /// <exception cref="RatchetException">The text cannot be read.</exception>
    public Example this[long place]
    {
        get
        {
            var number = _order[place];
            var s = _sources.Count - 1;
            while (_sources[s].First > number)
                s--;
            var (source, available, first) = _sources[s];
            var own = number - first;
            var ids = new int[Window];
            source.Shards.Read(own % available * (Window - 1), ids);
            return new Example { Id = FormattableString.Invariant($"{source.Name}/{own}"), Ids = ids, TargetStart = 1, ProblemId = source.Name, AttemptIds = [] };
        }
    }

    /// <summary>Whole numbers in given shares that sum to a total (largest remainders; the earlier one among equals): how many windows each source gets.</summary>
    /// <param name="shares">Shares, which sum to 1.</param>
    /// <param name="total">Total, at least 0.</param>
    public static long[] Counts(IReadOnlyList<double> shares, long total)
    {
        ArgumentNullException.ThrowIfNull(shares);
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        var counts = shares.Select(s => (long)Math.Floor(s * total)).ToArray();
        foreach (var i in Enumerable.Range(0, counts.Length).OrderByDescending(i => (shares[i] * total) - counts[i]).ThenBy(i => i).Take((int)(total - counts.Sum())))
            counts[i]++;
        return counts;
    }
}
