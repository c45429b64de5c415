using Ratchet.Sampling.Constraints;

namespace Ratchet.Sampling;

/// <summary>What may be drawn at a place: what the language allows, and the stop ids where a text is whole.</summary>
internal static class TokenMask
{
    /// <summary>One bit an id; empty where nothing may be drawn.</summary>
    public static ReadOnlySpan<ulong> Of(ITokenConstraintState state, ulong[] ends)
    {
        var allowed = state.Allowed;
        var end = state.MayEnd;
        if (!end && !Meets(allowed, ends))
            return state.MayContinue ? allowed : [];

        // A stop id ends the text whatever else it stands for, so it may come at the end only.
        var mask = new ulong[allowed.Length];
        for (var i = 0; i < mask.Length; i++)
            mask[i] = end ? allowed[i] | ends[i] : allowed[i] & ~ends[i];
        return mask.AsSpan().ContainsAnyExcept(0UL) ? mask : [];
    }

    private static bool Meets(ReadOnlySpan<ulong> allowed, ulong[] ends)
    {
        for (var i = 0; i < ends.Length; i++)
        {
            if ((allowed[i] & ends[i]) != 0)
                return true;
        }

        return false;
    }
}
