// A bundle's manifest and files, once its form, signature, manifest and hashes have been found
// right, in this order; nothing of it has been loaded by then.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "failure.hpp"
#include "manifest.hpp"
#include "sha256.hpp"
#include "zip.hpp"

const std::string MANIFEST = "manifest.json", SIGNATURE = "manifest.json.sig";

inline std::string read_file(const std::filesystem::path &path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf()))
        throw Failure(IMPOSSIBLE, "cannot read " + path.string());
    return content.str();
}

// A folder that is gone with its content at the end of the block.
struct TemporaryFolder {
    TemporaryFolder() {
        std::string name = std::filesystem::temp_directory_path() / "treadwell-XXXXXX";
        if (!mkdtemp(name.data()))
            throw Failure(IMPOSSIBLE, "cannot make a folder in " +
                                          std::filesystem::temp_directory_path().string());
        path = name;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
    std::filesystem::path write(const std::string &name, const std::string &content) const {
        if (!(std::ofstream(path / name, std::ios::binary) << content))
            throw Failure(IMPOSSIBLE, "cannot write in " + path.string());
        return path / name;
    }
    std::filesystem::path path;
};

// Exit status of a program with the file `input` as its standard input, silent; 127 if there is no
// such program.
inline int run(const std::vector<std::string> &words, const std::string &input) {
    std::vector<char *> arguments;
    for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, input.c_str(), O_RDONLY, 0);
    for (const int output : {1, 2})
        posix_spawn_file_actions_addopen(&files, output, "/dev/null", O_WRONLY, 0);
    pid_t process = 0;
    int status = 0;
    const bool started =
        posix_spawnp(&process, arguments[0], &files, nullptr, arguments.data(), environ) == 0;
    posix_spawn_file_actions_destroy(&files);
    return started && waitpid(process, &status, 0) == process && WIFEXITED(status)
               ? WEXITSTATUS(status)
               : 127;
}

// The signature's one writing: ssh-keygen would overlook other line ends, and another version
// number in the first letters.
const std::regex ARMOUR(
    "-----BEGIN SSH "
    "SIGNATURE-----\nU1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg[A-Za-z0-9+/]{26}\n(?:[A-Za-z0-9+/"
    "]{70}\n){2}[A-Za-z0-9+/]{38}\n"
    "-----END SSH SIGNATURE-----\n");

inline void check_signature(const std::string &message, const std::string &signature,
                            const std::filesystem::path &public_key) {
    const std::string key = read_file(public_key);
    if (!key.starts_with("ssh-ed25519 "))
        throw Failure(IMPOSSIBLE, public_key.string() + " is not an Ed25519 public key");
    if (!std::regex_match(signature, ARMOUR)) throw Failure(REFUSED, "the signature is damaged");
    const TemporaryFolder folder;
    const std::string signers =
        folder.write("signers", "treadwell " + key.substr(0, key.find('\n')) + "\n");
    const std::string signature_file = folder.write("signature", signature),
                      input = folder.write("message", message);
    const int status = run({"ssh-keygen", "-Y", "verify", "-f", signers, "-I", "treadwell", "-n",
                            "treadwell-bundle", "-s", signature_file},
                           input);
    // It ends with 255 where the signature is wrong, and with 1 where it does not know what to
    // verify is.
    if (status == 1 || status == 127)
        throw Failure(IMPOSSIBLE,
                      "ssh-keygen cannot check signatures; install OpenSSH's client, 8.1 or later");
    if (status != 0)
        throw Failure(REFUSED,
                      "the signature does not fit: the manifest was changed after signing, or "
                      "another key signed it");
}

inline void check_files(const Manifest &about, const Files &files) {
    std::map<std::string, std::string> found;
    for (const auto &[name, content] : files)
        if (name != MANIFEST && name != SIGNATURE) found[name] = sha256(content);
    if (found != about.files)
        throw Failure(REFUSED, "its files are not those of its manifest: a SHA-256 differs");
}

struct Bundle {
    Manifest about;
    Files files;
};

inline Bundle open_bundle(const std::filesystem::path &path,
                          const std::filesystem::path &public_key) {
    const std::string data = read_file(path);
    const Files files = unzip(data);
    if (!files.count(MANIFEST) || !files.count(SIGNATURE))
        throw Failure(REFUSED, "it has no manifest or no signature");
    if (pack(files, {MANIFEST, SIGNATURE}) != data)
        throw Failure(REFUSED, "it has bytes that do not belong there");
    check_signature(files.at(MANIFEST), files.at(SIGNATURE), public_key);
    const Manifest about = manifest(files.at(MANIFEST));
    check_files(about, files);
    return {about, files};
}
