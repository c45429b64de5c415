using System.Buffers.Binary;
using System.Text;

namespace Ratchet.Models.Torch;

/// <summary>What <see cref="LibTorchPatcher.MarkWeak"/> found.</summary>
internal enum PatchResult
{
    /// <summary>The entry was there and is weak now.</summary>
    Patched,

    /// <summary>The entry was weak already.</summary>
    AlreadyWeak,

    /// <summary>The library does not ask for the version.</summary>
    NotNeeded,

    /// <summary>A relocation uses a symbol of the version, so the library really needs it.</summary>
    InUse,

    /// <summary>The bytes are not a 64-bit little-endian ELF file with the tables that this reads.</summary>
    NotElf,
}

/// <summary>
/// Marks one needed symbol version of an ELF library as weak, so that the loader accepts a C++ runtime without it.
/// </summary>
/// <remarks>
/// The bridge library of TorchSharp was built with GCC 13 and asks for <c>GLIBCXX_3.4.32</c>, because a header of that
/// compiler declares <c>std::ios_base_library_init()</c>. Nothing refers to it, yet the loader of a system with GCC 12 refuses
/// the whole library. The version-needs table (section type <c>SHT_GNU_verneed</c>; System V gABI, Linux Standard Base 5, symbol
/// versioning) has a flag for this: 2, "weak". Before setting it we check that no relocation uses a symbol of that version.
/// </remarks>
internal static class LibTorchPatcher
{
    /// <summary>The version that GCC 12's C++ runtime lacks.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    private const uint Rela = 4;
    private const uint VersionNeeds = 0x6ffffffe;
    private const uint VersionOfSymbols = 0x6fffffff;
    private const ushort Weak = 2;

    /// <summary>Marks the entry in place.</summary>
    public static PatchResult MarkWeak(Span<byte> elf, string version = Version)
    {
        try
        {
            return Mark(elf, version);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException or IndexOutOfRangeException)
        {
            // An offset pointed outside the file.
            return PatchResult.NotElf;
        }
    }

    private static PatchResult Mark(Span<byte> elf, string version)
    {
        if (elf.Length < 64 || !elf[..6].SequenceEqual((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
            return PatchResult.NotElf;
        var entrySize = U16(elf, 0x3A);
        var count = U16(elf, 0x3C);
        var sections = new List<Section>(count);
        for (var i = 0; i < count; i++)
        {
            var at = checked((int)(U64(elf, 0x28) + ((ulong)i * entrySize)));
            sections.Add(new Section(U32(elf, at + 4), checked((int)U64(elf, at + 0x18)), checked((int)U64(elf, at + 0x20)), checked((int)U32(elf, at + 0x28)), checked((int)U32(elf, at + 0x2C))));
        }

        foreach (var needs in sections)
        {
            if (needs.Type != VersionNeeds)
                continue;
            var strings = sections[needs.Link];
            var entry = FindVersion(elf, needs, strings, version);
            if (entry < 0)
                return PatchResult.NotNeeded;
            var flags = U16(elf, entry + 4);
            if ((flags & Weak) != 0)
                return PatchResult.AlreadyWeak;
            if (IsUsed(elf, sections, U16(elf, entry + 6)))
                return PatchResult.InUse;
            BinaryPrimitives.WriteUInt16LittleEndian(elf[(entry + 4)..], (ushort)(flags | Weak));
            return PatchResult.Patched;
        }

        return PatchResult.NotNeeded;
    }

    /// <summary>Offset of the <c>Vernaux</c> record of a version, or -1.</summary>
    private static int FindVersion(ReadOnlySpan<byte> elf, Section needs, Section strings, string version)
    {
        var name = Encoding.ASCII.GetBytes(version + "\0");
        var file = needs.Offset;

        // The number of files is in sh_info and that of versions in vn_cnt, so damaged links cannot make this run for ever.
        for (var f = 0; f < needs.Info; f++)
        {
            var entry = checked(file + (int)U32(elf, file + 8));
            for (var v = U16(elf, file + 2); v > 0; v--)
            {
                var text = checked(strings.Offset + (int)U32(elf, entry + 8));
                if (text + name.Length <= elf.Length && elf.Slice(text, name.Length).SequenceEqual(name))
                    return entry;
                entry = checked(entry + (int)U32(elf, entry + 12));
            }

            file = checked(file + (int)U32(elf, file + 12));
        }

        return -1;
    }

    private static bool IsUsed(ReadOnlySpan<byte> elf, List<Section> sections, ushort version)
    {
        var versions = sections.Find(s => s.Type == VersionOfSymbols);
        foreach (var relocations in sections)
        {
            if (relocations.Type != Rela || relocations.Link != versions.Link)
                continue;
            for (var at = relocations.Offset; at < relocations.Offset + relocations.Size; at += 24)
            {
                var symbol = checked((int)(U64(elf, at + 8) >> 32));
                if (symbol != 0 && (U16(elf, versions.Offset + (2 * symbol)) & 0x7FFF) == version)
                    return true;
            }
        }

        return false;
    }

    private static ushort U16(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf[at..]);

    private static uint U32(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf[at..]);

    private static ulong U64(ReadOnlySpan<byte> elf, int at) => BinaryPrimitives.ReadUInt64LittleEndian(elf[at..]);

    private readonly record struct Section(uint Type, int Offset, int Size, int Link, int Info);
}
