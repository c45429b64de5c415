using System.Runtime.InteropServices;
using Ratchet.Loop;
using Ratchet.Models.Kernels;

namespace Ratchet.Sampling;

/// <summary>
/// Draws one token from a row of logits. The order of the cuts is temperature, then top-k, then top-p within what top-k kept. Every
/// token costs exactly one number of the stream, at temperature 0 as well, so that streams of equal settings stay aligned.
/// </summary>
/// <remarks>Shared by all samplers, so that equal logits give equal tokens. Used by one thread at a time; allocates nothing per token.</remarks>
internal sealed unsafe class TokenSampler
{
    private readonly float[] _scaled;
    private readonly float[] _weights;
    private Candidate[] _candidates = [];

    /// <summary>Prepares for rows of <paramref name="vocabularySize"/> logits.</summary>
    public TokenSampler(int vocabularySize)
    {
        _scaled = new float[vocabularySize];
        _weights = new float[vocabularySize];
    }

    /// <summary>Throws when settings are out of range.</summary>
    /// <exception cref="ArgumentException">The message names all that is wrong.</exception>
    public static void ThrowIfInvalid(SamplingOptions options, int vocabularySize)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        if (!(options.Temperature >= 0) || double.IsInfinity(options.Temperature))
            errors.Add($"Temperature must be at least 0, not {options.Temperature}.");
        else if (options.Temperature > 0 && !float.IsFinite((float)(1 / options.Temperature)))
            errors.Add($"Temperature {options.Temperature} is too small to divide by; use 0 for the most likely id.");
        if (!(options.TopP > 0 && options.TopP <= 1))
            errors.Add($"TopP must be in (0, 1], not {options.TopP}.");
        if (options.TopK < 0)
            errors.Add($"TopK must be at least 0, not {options.TopK}.");
        if (options.MaxNewTokens < 1)
            errors.Add($"MaxNewTokens must be at least 1, not {options.MaxNewTokens}.");
        if (options.MaxBatch < 1)
            errors.Add($"MaxBatch must be at least 1, not {options.MaxBatch}.");
        if (options.StopIds.FirstOrDefault(id => id < 0 || id >= vocabularySize, 0) is var stop && (stop < 0 || stop >= vocabularySize))
            errors.Add($"StopIds holds {stop}, which is outside the vocabulary of {vocabularySize} ids.");
        if (options.StopSequences.Any(s => s.Count == 0))
            errors.Add("StopSequences holds an empty sequence.");
        if (options.Constraint is { } constraint && constraint.VocabularySize != vocabularySize)
            errors.Add($"Constraint was made for {constraint.VocabularySize} ids, and the model has {vocabularySize}.");
        if (options.Constraint is not null && options.StopIds.Count == 0)
            errors.Add("Constraint needs an id in StopIds by which a text can end.");
        if (options.ModelScores is < 0 or > 100)
            errors.Add($"ModelScores must be from 0 to 100, not {options.ModelScores}.");
        if (options.Draft is < 0 or > 64)
            errors.Add($"Draft must be from 0 to 64, not {options.Draft}.");
        if (errors.Count > 0)
            throw new ArgumentException(string.Join(" ", errors), nameof(options));
    }

    /// <summary>Draws a token.</summary>
    /// <param name="rule">How to draw.</param>
    /// <param name="logits">One logit an id.</param>
    /// <param name="stream">The sequence's stream; one number is taken.</param>
    /// <param name="allowed">One bit an id that may be drawn, at least one of them set; empty allows all.</param>
    /// <param name="logProbability">Natural-log probability of the token under the distribution drawn from; 0 at temperature 0.</param>
    /// <exception cref="InvalidOperationException">The logits are not finite: the model has diverged.</exception>
    public int Draw(DrawRule rule, ReadOnlySpan<float> logits, ref RandomStream stream, ReadOnlySpan<ulong> allowed, out float logProbability)
    {
        var uniform = stream.NextDouble();
        var n = _scaled.Length;
        fixed (float* source = logits, x = _scaled, w = _weights)
        {
            RowKernels.Scale(source, n, rule.InverseTemperature, x);
            if (!allowed.IsEmpty)
                Keep(x, n, allowed);
            var largest = RowKernels.Largest(x, n);
            var sum = RowKernels.ExpSum(x, n, largest, w);
            if (!float.IsFinite(sum))
                throw new InvalidOperationException("The model's logits are not finite numbers.");
            if (rule.Greedy)
            {
                logProbability = 0;
                return new ReadOnlySpan<float>(x, n).IndexOf(largest);
            }

            if (rule.IsCut)
                return DrawCut(rule, x, w, largest, sum, uniform, allowed, out logProbability);

            // Where ids were taken out, their weights are the least that the exponential gives, and not 0.
            var id = allowed.IsEmpty ? Pick(w, n, uniform) : PickAllowed(w, n, uniform, allowed);
            logProbability = (float)((double)x[id] - largest - Math.Log(sum));
            return id;
        }
    }

    /// <summary>The model's own log-probability of an id in a row of logits, and the most likely ids with theirs.</summary>
    public TokenScore Score(ReadOnlySpan<float> logits, int id, int top)
    {
        var n = _scaled.Length;
        fixed (float* source = logits, w = _weights)
        {
            var largest = RowKernels.Largest(source, n);
            var log = Math.Log(RowKernels.ExpSum(source, n, largest, w));
            if (top == 0)
                return new TokenScore((float)((double)source[id] - largest - log), []);
            Room();
            for (var i = 0; i < n; i++)
                _candidates[i] = new Candidate(source[i], 0, i);
            var candidates = _candidates.AsSpan(0, n);
            SelectLargest(candidates, Math.Min(top, n));
            candidates = candidates[..Math.Min(top, n)];
            candidates.Sort();
            var list = new (int, float)[candidates.Length];
            for (var i = 0; i < list.Length; i++)
                list[i] = (candidates[i].Id, (float)((double)candidates[i].Logit - largest - log));
            return new TokenScore((float)((double)source[id] - largest - log), list);
        }
    }

    private void Room()
    {
        if (_candidates.Length == 0)
            _candidates = new Candidate[_scaled.Length];
    }

    /// <summary>Takes the ids out that are not allowed: their logits become so low that no weight of theirs counts.</summary>
    private static void Keep(float* x, int n, ReadOnlySpan<ulong> allowed)
    {
        for (var word = 0; word < allowed.Length; word++)
        {
            var bits = allowed[word];
            if (bits == ulong.MaxValue)
                continue;
            var end = Math.Min(n, (word + 1) * 64);
            for (var i = word * 64; i < end; i++, bits >>= 1)
            {
                if ((bits & 1) == 0 && !float.IsNaN(x[i]))
                    x[i] = -1e30f;
            }
        }
    }

    private static bool IsAllowed(ReadOnlySpan<ulong> allowed, int id) => allowed.IsEmpty || (allowed[id >> 6] & (1UL << (id & 63))) != 0;

    private static int PickAllowed(float* w, int n, double uniform, ReadOnlySpan<ulong> allowed)
    {
        double total = 0;
        for (var i = 0; i < n; i++)
            total += IsAllowed(allowed, i) ? w[i] : 0;
        var target = uniform * total;
        double passed = 0;
        var last = -1;
        for (var i = 0; i < n; i++)
        {
            if (!IsAllowed(allowed, i))
                continue;
            passed += w[i];
            last = i;
            if (passed > target)
                return i;
        }

        return last;
    }

    /// <summary>The first id at which the running sum of weights passes the drawn share of their total.</summary>
    private static int Pick(float* weights, int n, double uniform)
    {
        double total = 0;
        for (var i = 0; i < n; i++)
            total += weights[i];
        var target = uniform * total;
        double passed = 0;
        for (var i = 0; i < n; i++)
        {
            passed += weights[i];
            if (passed > target)
                return i;
        }

        return n - 1; // only when the product was rounded up to the total
    }

    private int DrawCut(DrawRule rule, float* x, float* w, float largest, float sum, double uniform, ReadOnlySpan<ulong> allowed, out float logProbability)
    {
        Room();
        // Ids below this weight cannot be in the smallest set that reaches top-p: all of them together weigh less than what may be left out.
        var floor = rule.TopK > 0 ? 0 : 0.999 * (1 - rule.TopP) / _scaled.Length * sum;
        var count = 0;
        for (var i = 0; i < _scaled.Length; i++)
        {
            if (w[i] >= floor && IsAllowed(allowed, i))
                _candidates[count++] = new Candidate(x[i], w[i], i);
        }

        var candidates = _candidates.AsSpan(0, count);
        if (rule.TopK > 0)
            SelectLargest(candidates, rule.TopK);
        if (rule.TopK > 0)
            candidates = candidates[..Math.Min(rule.TopK, count)];
        candidates.Sort();

        double total = 0;
        foreach (var candidate in candidates)
            total += candidate.Weight;
        var kept = candidates.Length;
        if (rule.TopP < 1)
        {
            // With top-k the share is of what top-k kept; without, of everything.
            var needed = rule.TopP * (rule.TopK > 0 ? total : sum);
            double reached = 0;
            for (kept = 0; kept < candidates.Length && (kept == 0 || reached < needed); kept++)
                reached += candidates[kept].Weight;
            total = reached;
        }

        var target = uniform * total;
        double passed = 0;
        var chosen = kept - 1;
        for (var i = 0; i < kept; i++)
        {
            passed += candidates[i].Weight;
            if (passed > target)
            {
                chosen = i;
                break;
            }
        }

        logProbability = (float)((double)candidates[chosen].Logit - largest - Math.Log(total));
        return candidates[chosen].Id;
    }

    /// <summary>Moves the k first in order to the front, in any order (Hoare's selection).</summary>
    private static void SelectLargest(Span<Candidate> items, int k)
    {
        int low = 0, high = items.Length - 1;
        while (low < high && k <= high)
        {
            var pivot = items[low + ((high - low) / 2)];
            int i = low, j = high;
            while (i <= j)
            {
                while (items[i].CompareTo(pivot) < 0)
                    i++;
                while (items[j].CompareTo(pivot) > 0)
                    j--;
                if (i <= j)
                {
                    (items[i], items[j]) = (items[j], items[i]);
                    i++;
                    j--;
                }
            }

            if (k - 1 <= j)
                high = j;
            else if (k - 1 >= i)
                low = i;
            else
                return;
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Candidate(float Logit, float Weight, int Id) : IComparable<Candidate>
    {
        /// <summary>Most likely first, lower id first among equals.</summary>
        public int CompareTo(Candidate other)
        {
            var order = other.Logit.CompareTo(Logit);
            return order != 0 ? order : Id.CompareTo(other.Id);
        }
    }
}

/// <summary>How to draw, prepared for many draws.</summary>
internal sealed class DrawRule
{
    public DrawRule(SamplingOptions options, int vocabularySize)
    {
        Greedy = options.Temperature == 0;
        InverseTemperature = Greedy ? 1 : (float)(1 / options.Temperature);
        (TopP, TopK) = (options.TopP, options.TopK >= vocabularySize ? 0 : options.TopK);
    }

    public bool Greedy { get; }

    public float InverseTemperature { get; }

    public double TopP { get; }

    /// <summary>0 keeps all.</summary>
    public int TopK { get; }

    public bool IsCut => TopK > 0 || TopP < 1;
}
