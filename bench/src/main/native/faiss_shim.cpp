// A C face for FAISS's exact inner-product index: the Debian package has C++ alone.
#include <faiss/IndexFlat.h>
#include <omp.h>

#include <exception>

// FAISS multiplies matrices with whatever BLAS it was linked with; if that is OpenBLAS, its threads
// are its own and have to be told apart from OpenMP's.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT void* femto_faiss_create(int d) {
  try {
    return new faiss::IndexFlatIP(d);
  } catch (const std::exception&) {
    return nullptr;
  }
}

// Copies n rows of d floats. 0 if done, 1 if out of memory or refused.
EXPORT int femto_faiss_add(void* index, long n, const float* rows) {
  try {
    static_cast<faiss::IndexFlatIP*>(index)->add(n, rows);
    return 0;
  } catch (const std::exception&) {
    return 1;
  }
}

// The k best of each of nq queries, best first, as nq * k scores and ids. 0 if done.
EXPORT int femto_faiss_search(
    void* index, long nq, const float* queries, long k, float* scores, long* ids) {
  try {
    static_cast<faiss::IndexFlatIP*>(index)->search(nq, queries, k, scores, ids);
    return 0;
  } catch (const std::exception&) {
    return 1;
  }
}

EXPORT void femto_faiss_free(void* index) {
  delete static_cast<faiss::IndexFlatIP*>(index);
}

EXPORT void femto_faiss_set_threads(int threads) {
  omp_set_num_threads(threads);
  if (openblas_set_num_threads) {
    openblas_set_num_threads(threads);
  }
}

EXPORT int femto_faiss_version() {
  return FAISS_VERSION_MAJOR * 10000 + FAISS_VERSION_MINOR * 100 + FAISS_VERSION_PATCH;
}
